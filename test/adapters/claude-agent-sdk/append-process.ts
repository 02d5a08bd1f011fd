// Appends entries for ever, to a transcript and to a sub-agent's, and writes each one's uuid when it is stored.
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { SessionStore } from "../../../src/index.ts";

const [directory = "", sessionId = ""] = process.argv.slice(2);
const store = claudeSessionStore(new SessionStore(directory));
const main = { projectKey: "killed", sessionId };
for (let index = 0; ; index++) {
  const key = index % 3 === 2 ? { ...main, subpath: "subagents/agent-1" } : main;
  const uuid = randomUUID();
  await store.append(key, [{ type: "user", uuid, message: { role: "user", content: `entry ${index}` } }]);
  writeSync(1, `${uuid}\n`);
}
