import { jsonSchema, simulateReadableStream, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";

type Call = Parameters<MockLanguageModelV4["doStream"]>[0];
type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
};

const city = jsonSchema<{ city: string }>({
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
});

/** A tool of the server, one that the user must approve, and one of the client. */
export const tools = {
  weather: tool({ inputSchema: city, execute: async ({ city: name }) => ({ city: name, degrees: 21 }) }),
  destroy: tool({ inputSchema: city, execute: async ({ city: name }) => `${name} is no more` }),
  locate: tool({ inputSchema: city, outputSchema: jsonSchema<{ at: number }>({ type: "object" }) }),
};
export const toolApproval = { destroy: "user-approval" } as const;

/**
 * A model that does what the user's message says, word by word: `weather:Oslo destroy:Rome locate:Bonn think` call
 * tools and think; `break` ends the stream with an error; anything else is answered with text. As providers do, it
 * refuses a conversation in which a call has no result, or a result no call.
 */
export function obedientModel(): MockLanguageModelV4 {
  let calls = 0;
  return new MockLanguageModelV4({
    doStream: async ({ prompt }) => {
      refuseUnanswered(prompt);
      calls++;
      const chunks = said(prompt, calls);
      return { stream: simulateReadableStream({ chunks, chunkDelayInMs: null, initialDelayInMs: null }) };
    },
  });
}

/** @throws as OpenAI's and Anthropic's servers do. */
function refuseUnanswered(prompt: Call["prompt"]): void {
  let open = new Set<string>();
  for (const message of prompt) {
    if (message.role !== "tool") {
      if (open.size > 0) throw new Error(`no result follows the call of ${[...open].join()}`);
      if (message.role !== "assistant") continue;
      open = new Set(
        message.content.flatMap((part) =>
          part.type === "tool-call" && part.providerExecuted !== true ? [part.toolCallId] : [],
        ),
      );
    } else {
      for (const part of message.content) {
        if (part.type === "tool-result" && !open.delete(part.toolCallId))
          throw new Error(`the result of ${part.toolCallId} has no call before it`);
      }
    }
  }
  if (open.size > 0) throw new Error(`no result follows the call of ${[...open].join()}`);
}

function said(prompt: Call["prompt"], number: number): StreamPart[] {
  const words = wordsOf(prompt);
  const chunks: StreamPart[] = [];
  if (words.includes("think")) {
    chunks.push({ type: "reasoning-start", id: "r" }, { type: "reasoning-delta", id: "r", delta: "hm" });
    chunks.push({ type: "reasoning-end", id: "r" });
  }
  const asked = words.flatMap((word, index) => {
    const [name = "", where] = word.split(":");
    return where === undefined || !Object.hasOwn(tools, name)
      ? []
      : [{ toolCallId: `call-${number}-${index}`, toolName: name, input: JSON.stringify({ city: where }) }];
  });
  chunks.push(...asked.map((call) => ({ type: "tool-call" as const, ...call })));
  if (asked.length === 0) {
    chunks.push({ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: `Answer ${number}.` });
    if (words.includes("break")) return [...chunks, { type: "error", error: new Error("overloaded") }];
    chunks.push({ type: "text-end", id: "t" });
  }
  const unified = asked.length > 0 ? "tool-calls" : "stop";
  return [...chunks, { type: "finish", finishReason: { unified, raw: undefined }, usage: USAGE }];
}

/** What the user asks for; nothing when the last message is a tool's. */
function wordsOf(prompt: Call["prompt"]): string[] {
  const last = prompt.at(-1);
  if (last?.role !== "user") return [];
  return last.content.flatMap((part) => (part.type === "text" ? part.text.split(" ") : []));
}
