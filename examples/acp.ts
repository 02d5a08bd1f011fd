// An agent of the Agent Client Protocol whose sessions outlive it. Runs offline: npx node examples/acp.ts [directory]
import { agent, client } from "@agentclientprotocol/sdk";
import { acpSessions } from "../src/adapters/acp/index.ts"; // "astrid-sessions/acp"
import { Message, SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");
const sessions = acpSessions(store);

const app = sessions
  .register(agent({ name: "example" }))
  .onRequest("initialize", ({ params }) => ({
    protocolVersion: params.protocolVersion,
    agentCapabilities: { loadSession: true, sessionCapabilities: sessions.capabilities },
  }))
  .onRequest("session/prompt", async ({ params, client: editor }) => {
    await sessions.storePrompt(params); // on disk, before a model is asked
    const text = "An answer without a model.";
    await store.append(params.sessionId, [Message.assistant(text)]);
    await editor.notify("session/update", {
      sessionId: params.sessionId,
      update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } },
    });
    return { stopReason: "end_turn" };
  });

// What an editor does: a session, a prompt; later the list, and the whole conversation again.
const editor = client({ name: "editor" }).onNotification("session/update", ({ params: { update } }) => {
  if ("content" in update) console.log(`  ${update.sessionUpdate}: ${JSON.stringify(update.content)}`);
});
await editor.connectWith(app, async (connection) => {
  await connection.request("initialize", { protocolVersion: 1, clientCapabilities: {} });
  const { sessionId } = await connection.request("session/new", { cwd: process.cwd(), mcpServers: [] });
  console.log("prompt");
  await connection.request("session/prompt", { sessionId, prompt: [{ type: "text", text: "Hello" }] });
  const { sessions: listed } = await connection.request("session/list", { cwd: process.cwd() });
  console.log(`list: ${listed.length} session(s) of this directory`);
  console.log("load");
  await connection.request("session/load", { sessionId, cwd: process.cwd(), mcpServers: [] });
});
