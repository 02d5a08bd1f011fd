// Runs an agent for ever, with one session, and writes a line for each item that the runner was told is stored.
import { Agent, Runner, tool, type AgentInputItem } from "@openai/agents-core";
import { assistantMessage, functionCall, ScriptedModel } from "@openai/agents-core/testing";
import { writeSync } from "node:fs";
import { z } from "zod";
import { openaiSession, recorded } from "../../../src/adapters/openai-agents/index.ts";
import { SessionStore } from "../../../src/index.ts";

const [directory = "", sessionId = "", name = ""] = process.argv.slice(2);
const session = openaiSession(new SessionStore(directory), { sessionId });
const runner = new Runner({ tracingDisabled: true });
const look = tool({
  name: "look",
  description: "Looks somewhere",
  parameters: z.object({ at: z.string() }),
  execute: ({ at }) => `found ${at}`,
});

/** Told by the model: everything that it is sent is stored by then. */
const tell = (items: readonly AgentInputItem[] | string): void => {
  const last = (items as AgentInputItem[]).at(-1);
  writeSync(1, `${JSON.stringify(last)}\n`);
};

for (let turn = 0; ; turn++) {
  const id = `${name}-${turn}`;
  const model = new ScriptedModel([
    {
      type: "responder",
      respond: ({ request }) => (tell(request.input), [functionCall("look", { at: id }, { callId: id })]),
    },
    {
      type: "responder",
      respond: ({ request }) => (tell(request.input), [assistantMessage(`answer ${id}`)]),
    },
  ]);
  const agent = new Agent({ name: "searcher", model, tools: [look] });
  await recorded(runner, session, (recording) => runner.run(agent, `question ${id}`, recording));
  tell(await session.getItems(1));
}
