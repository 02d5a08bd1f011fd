import { expect, test } from "vitest";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { linesUntilKilled } from "../kill.ts";
import { asClient } from "./in-process.ts";

test.for([1, 2, 15])("kill -9 after %i answers: whatever the client was told is there", async (count) => {
  const directory = temporaryDirectory();
  const lines = await linesUntilKilled(new URL("agent-process.ts", import.meta.url), [directory], count);
  await using store = new SessionStore(directory);
  await asClient(store, async (agent, updates) => {
    for (const line of lines) {
      const [sessionId = "", ...words] = line.split(" ");
      updates.length = 0;
      await agent.request("session/load", { sessionId, cwd: "/w", mcpServers: [] });
      if (words.length === 0) continue;
      const told = JSON.stringify(updates);
      expect(told).toContain(`"${words.join(" ")}"`);
      expect(told).toContain(`You said: ${words.join(" ")}`);
    }
  });
});
