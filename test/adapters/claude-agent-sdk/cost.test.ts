import { randomUUID } from "node:crypto";
import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import { claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { SessionStore, type StorageEngine } from "../../../src/index.ts";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";

const key = { projectKey: "p", sessionId: "s" };
const entry = (text: string): SessionStoreEntry => ({
  type: "user",
  uuid: randomUUID(),
  message: { role: "user", content: text },
});

/** An engine, and how many messages it was made to read. */
function counting(engine: StorageEngine): { engine: StorageEngine; read: () => number } {
  let read = 0;
  const counted: StorageEngine = Object.create(engine, {
    subscribe: { value: () => () => undefined },
    read: {
      value: async (...parameters: Parameters<StorageEngine["read"]>) => {
        const stored = await engine.read(...parameters);
        read += stored?.messages.length ?? 0;
        return stored;
      },
    },
    messages: {
      value: async function* (...parameters: Parameters<StorageEngine["messages"]>) {
        for await (const message of engine.messages(...parameters)) {
          read++;
          yield message;
        }
      },
    },
    commits: {
      value: async function* (...parameters: Parameters<StorageEngine["commits"]>) {
        for await (const commit of engine.commits(...parameters)) {
          read += commit.splice?.[2].length ?? 0;
          yield commit;
        }
      },
    },
  }) as StorageEngine;
  for (const method of ["commit", "head", "list", "close"] as const)
    Object.defineProperty(counted, method, { value: engine[method]?.bind(engine) });
  return { engine: counted, read: () => read };
}

test("an append reads a transcript once, and after that only what others appended", async () => {
  const directory = temporaryDirectory();
  await using other = new SessionStore(directory);
  const others = claudeSessionStore(other);
  await others.append(
    key,
    Array.from({ length: 500 }, (_, index) => entry(String(index))),
  );
  const { engine, read } = counting(new FileEngine(directory));
  await using store = new SessionStore(engine, { closeEngine: true });
  const transcripts = claudeSessionStore(store);
  await transcripts.append(key, [entry("first")]);
  expect(read()).toBe(500);
  for (let turn = 0; turn < 50; turn++) await transcripts.append(key, [entry(`turn ${turn}`)]);
  expect(read()).toBe(500);
  await others.append(key, [entry("from elsewhere")]);
  await transcripts.append(key, [entry("after it")]);
  // The commit that was known, and the other's.
  expect(read()).toBe(502);
  expect(await transcripts.load(key)).toHaveLength(553);
});
