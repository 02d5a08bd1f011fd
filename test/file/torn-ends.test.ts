import { appendFileSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeSeal } from "../../src/engine/file/journal/record/encode-record.ts";
import { Message } from "../../src/index.ts";
import { journalPath, openStore, storedSession, temporaryDirectory } from "./temporary-store.ts";

test("two writers without a lock set aside the same torn end, and then each other's records: the session is opened", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 2);
  const path = journalPath(directory, id);
  const end = (): number => readFileSync(path).length;
  const torn = end();
  appendFileSync(path, Buffer.alloc(80));
  const first = encodeSeal(torn, end());
  appendFileSync(path, first);
  // The other had read the same end. Its record begins with a space, which nobody has set aside.
  const second = end();
  appendFileSync(path, first);
  // What they set aside then begins and ends within lines.
  const third = end();
  appendFileSync(path, "what one of them wrote\n");
  appendFileSync(path, encodeSeal(second, third + 1));
  appendFileSync(path, encodeSeal(third + 1, end()));

  const { store } = openStore(directory);
  expect((await store.load(id))?.messageCount).toBe(2);
  expect((await store.append(id, [Message.user("third")])).revision).toBe(3);
  expect((await store.append(id, [Message.user("fourth")])).revision).toBe(4);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
});
