import { writeSync } from "node:fs";
import { SessionStore } from "../../../src/index.ts";
import { asClient } from "./in-process.ts";

/** Sessions and prompts without end; prints what the client was told is stored: `session` and, answered, `session text`. */
const [directory = ""] = process.argv.slice(2);
await asClient(new SessionStore(directory), async (agent) => {
  for (let index = 0; ; index++) {
    const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
    writeSync(1, `${sessionId}\n`);
    const text = `prompt ${index}`;
    await agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text }] });
    writeSync(1, `${sessionId} ${text}\n`);
  }
});
