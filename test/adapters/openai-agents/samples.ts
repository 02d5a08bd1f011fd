import {
  Agent,
  Runner,
  tool,
  type AgentInputItem,
  type AgentOptions,
  type Session,
} from "@openai/agents-core";
import { functionCall, type ScriptedModel } from "@openai/agents-core/testing";
import { z } from "zod";
import { recorded } from "../../../src/adapters/openai-agents/index.ts";

export const runner = new Runner({ tracingDisabled: true });

/** An agent with one tool. */
export function agentWith(
  model: ScriptedModel,
  look: (place: string) => Promise<string> = async (at) => `found at ${at}`,
  options: Pick<AgentOptions, "inputGuardrails"> = {},
) {
  return new Agent({
    name: "searcher",
    model,
    tools: [
      tool({
        name: "look",
        description: "Looks somewhere",
        parameters: z.object({ at: z.string() }),
        execute: ({ at }) => look(at),
      }),
    ],
    ...options,
  });
}

/** A call of that tool, as the model makes it. */
export const look = (callId: string, at: string) => functionCall("look", { at }, { callId });

/** What an item is, in a word, and what it is about. */
export const brief = (items: readonly AgentInputItem[]): string[] =>
  items.map((item) => {
    if (item.type === "function_call") return `call ${item.callId}`;
    if (item.type === "function_call_result") return `result ${item.callId}`;
    if (item.type === "compaction") return "compaction";
    const { role, content } = item as { role: string; content: unknown };
    return `${role} ${typeof content === "string" ? content : (content as { text: string }[])[0]?.text}`;
  });

/** Runs an agent to its end, recorded, streamed or not. */
export async function runRecorded(
  agent: ReturnType<typeof agentWith>,
  session: Session,
  input: string,
  { stream, ...options }: { stream: boolean; maxTurns?: number },
) {
  if (!stream)
    return await recorded(runner, session, (recording) =>
      runner.run(agent, input, { ...recording, ...options }),
    );
  const result = await recorded(runner, session, (recording) =>
    runner.run(agent, input, { ...recording, ...options, stream: true }),
  );
  for await (const _event of result);
  await result.completed;
  return result;
}
