// An agent as an editor starts it, its sessions in the directory that it is given: the program of docs/adapters/acp.md.
import { agent, ndJsonStream } from "@agentclientprotocol/sdk";
import { Readable, Writable } from "node:stream";
import { acpSessions } from "../../../src/adapters/acp/index.ts";
import { SessionStore } from "../../../src/index.ts";

await using store = new SessionStore(process.argv[2] ?? "memory:");
const sessions = acpSessions(store);
const app = sessions
  .register(agent({ name: "my-agent" }))
  .onRequest("initialize", ({ params }) => ({
    protocolVersion: params.protocolVersion,
    agentCapabilities: { loadSession: true, sessionCapabilities: sessions.capabilities },
  }))
  .onRequest("session/prompt", async ({ params }) => {
    await sessions.storePrompt(params);
    return { stopReason: "end_turn" };
  });

const input = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
const connection = app.connect(ndJsonStream(Writable.toWeb(process.stdout), input));
await connection.closed;
