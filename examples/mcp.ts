// Stored sessions as an AI tool sees them: search, then read. Runs offline: npx node examples/mcp.ts [directory]
// (A client starts the same server as a process of its own: astrid-sessions mcp)
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { mcpServer } from "../src/adapters/mcp/index.ts"; // "astrid-sessions/mcp"
import { AgentSession, Message, SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");
const session = new AgentSession({ metadata: { title: "Quota" } });
session.addMessage(Message.user("The upload fails with a quota error."));
session.addMessage(Message.assistant("The bucket is full: raise its quota, or remove old files."));
await store.save(session);

const server = await mcpServer(store);
const [theirs, ours] = InMemoryTransport.createLinkedPair();
await server.connect(ours);
const client = new Client({ name: "example", version: "1" });
await client.connect(theirs);

const { tools } = await client.listTools();
console.log(`tools: ${tools.map(({ name }) => name).join(", ")}`);
for (const [name, args] of [
  ["search_sessions", { query: "quota error", limit: 1 }],
  ["read_session", { id: session.id, from: 1 }],
] as const) {
  const { content } = await client.callTool({ name, arguments: args });
  console.log(`${name}: ${JSON.stringify(content)}`);
}
await client.close();
