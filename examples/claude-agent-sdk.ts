// Transcripts of the Claude Agent SDK on a durable store. Runs offline: npx node examples/claude-agent-sdk.ts [directory]
import { randomUUID } from "node:crypto";
import { getSessionMessages, listSessions, renameSession } from "@anthropic-ai/claude-agent-sdk";
import { claudeSessionId, claudeSessionStore } from "../src/adapters/claude-agent-sdk/index.ts"; // "astrid-sessions/claude-agent-sdk"
import { SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");
const sessionStore = claudeSessionStore(store);

// With a key, `query({ prompt, options: { sessionStore } })` appends what follows, entry by entry.
const sessionId = randomUUID();
const projectKey = process.cwd().replace(/[^a-zA-Z0-9]/g, "-");
const question = { type: "user", uuid: randomUUID(), sessionId, parentUuid: null, cwd: process.cwd() };
const answer = { type: "assistant", uuid: randomUUID(), sessionId, parentUuid: question.uuid };
const entries = [
  { ...question, timestamp: new Date().toISOString(), message: { role: "user", content: "Hello" } },
  { ...answer, message: { role: "assistant", content: [{ type: "text", text: "Good day." }] } },
];
await sessionStore.append({ projectKey, sessionId }, entries); // on disk
await sessionStore.append({ projectKey, sessionId }, entries); // a retry stores nothing twice

await renameSession(sessionId, "A greeting", { sessionStore });
for (const { customTitle, firstPrompt } of await listSessions({ sessionStore }))
  console.log(`the SDK lists: ${customTitle} (${firstPrompt})`);
for (const { type, message } of await getSessionMessages(sessionId, { sessionStore }))
  console.log(`${type}: ${JSON.stringify((message as { content: unknown }).content)}`);

const summary = await store.summary(claudeSessionId({ projectKey, sessionId }));
console.log(`session ${summary?.id}: ${summary?.title}, ${summary?.messageCount} entries`);
