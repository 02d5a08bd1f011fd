// A chat route of the AI SDK on a durable store. Runs offline: npx node examples/ai-sdk.ts [directory]
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  simulateReadableStream,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { chatStore, type ChatRequest } from "../src/adapters/ai-sdk/index.ts"; // "astrid-sessions/ai-sdk"
import { SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");
const chats = chatStore(store);

async function POST(request: Request): Promise<Response> {
  const { id, message, trigger, messageId } = (await request.json()) as Sent;
  // The user's message is on disk when this resolves; what came before it is read from there.
  const turn = await chats.beginTurn({ chatId: id, message, trigger, messageId });
  const { stream } = streamText({ model, messages: await convertToModelMessages(turn.uiMessages) });
  return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream, ...turn }) });
}

type Sent = { readonly id: string } & Omit<ChatRequest<UIMessage>, "chatId">;

// A model that needs no network.
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const model = new MockLanguageModelV4({
  doStream: async ({ prompt }) => ({
    stream: simulateReadableStream({
      chunks: [
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: `You wrote ${prompt.length} message(s) so far.` },
        { type: "text-end", id: "1" },
        { type: "finish", finishReason: { unified: "stop", raw: undefined }, usage },
      ],
    }),
  }),
});

for (const text of ["Hello", "And now?"]) {
  const message: UIMessage = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] };
  const request = new Request("http://localhost/api/chat", {
    method: "POST",
    body: JSON.stringify({ id: "my-chat", message }),
  });
  await (await POST(request)).text();
}

for (const { role, parts } of await chats.loadChat("my-chat")) {
  console.log(`${role}: ${parts.map((part) => (part.type === "text" ? part.text : part.type)).join(" ")}`);
}
for (const { id, sessionId, messageCount, preview } of (await chats.listChats()).chats) {
  console.log(`chat ${id}, session ${sessionId}: ${messageCount} messages, last: ${preview}`);
}
