import {
  convertToModelMessages,
  jsonSchema,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
  type UIMessageStreamOptions,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import type { ChatTurn } from "../../../src/adapters/ai-sdk/index.ts";

type Chunk = Parameters<typeof simulateReadableStream<StreamPart>>[0]["chunks"][number];
type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
};

export function answer(text: string): Chunk[] {
  return [
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: text },
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: { unified: "stop", raw: undefined }, usage: USAGE },
  ];
}

export function toolCall(city: string): Chunk[] {
  return [
    { type: "tool-call", toolCallId: `call-${city}`, toolName: "weather", input: JSON.stringify({ city }) },
    { type: "finish", finishReason: { unified: "tool-calls", raw: undefined }, usage: USAGE },
  ];
}

export const tools = {
  weather: tool({
    description: "The weather of a city",
    inputSchema: jsonSchema<{ city: string }>({
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    }),
    execute: async ({ city }) => ({ city, degrees: 21 }),
  }),
};

/** A model that plays one script a step; an error in place of a script is a model that fails. */
export function scriptedModel(...steps: readonly (Chunk[] | Error)[]): MockLanguageModelV4 {
  const left = [...steps];
  return new MockLanguageModelV4({
    doStream: async () => {
      const chunks = left.shift() ?? new Error("the script is over");
      if (chunks instanceof Error) throw chunks;
      return { stream: simulateReadableStream({ chunks, chunkDelayInMs: null, initialDelayInMs: null }) };
    },
  });
}

/** Runs a turn as a chat's route does, and reads the answer to its end. */
export async function runTurn(
  model: MockLanguageModelV4,
  turn: Pick<ChatTurn<UIMessage>, "uiMessages"> & UIMessageStreamOptions<UIMessage>,
): Promise<void> {
  const { stream } = streamText({
    model,
    tools,
    messages: await convertToModelMessages(turn.uiMessages),
    stopWhen: stepCountIs(5),
    maxRetries: 0,
    onError: () => undefined,
  });
  for await (const _ of toUIMessageStream({ stream, tools, ...turn }));
}

export function user(id: string, text: string): UIMessage {
  return { id, role: "user", parts: [{ type: "text", text }] };
}

export function assistant(id: string, text: string): UIMessage {
  return { id, role: "assistant", parts: [{ type: "text", text, state: "done" }] };
}
