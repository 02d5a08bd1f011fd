import type { UIMessage } from "ai";
import { expect, test } from "vitest";
import { chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { linesUntilKilled } from "../kill.ts";

test.for([1, 2, 7, 30])(
  "kill -9 after %i reports: whatever was reported as stored is there",
  async (count) => {
    const directory = temporaryDirectory();
    const lines = await linesUntilKilled(new URL("chat-process.ts", import.meta.url), [directory], count);
    await using store = new SessionStore(directory);
    const loaded = new Map((await chatStore(store).loadChat("c")).map((message) => [message.id, message]));
    // An answer is reported after each of its steps: the last report of each message counts.
    const reported = new Map(
      lines.map((line) => JSON.parse(line) as UIMessage).map((message) => [message.id, message]),
    );
    for (const [id, message] of reported) {
      expect(loaded.get(id)?.parts.slice(0, message.parts.length)).toEqual(message.parts);
    }
  },
);
