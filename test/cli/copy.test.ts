import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ASTRID = join(import.meta.dirname, "../compat/fixtures/astrid");

/** A store with what Astrid wrote, and a session of ours. */
async function mixed(): Promise<string> {
  const directory = temporaryDirectory();
  for (const name of readdirSync(ASTRID)) copyFileSync(join(ASTRID, name), join(directory, name));
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ messages: [Message.user("ours")] }));
  return directory;
}

test("copies what Astrid wrote and what we wrote; again, nothing", async () => {
  const [from, to] = [await mixed(), join(temporaryDirectory(), "new")];
  expect(run("/nowhere", "copy", from, to)).toEqual({
    ...{ code: 0, err: "" },
    out: "3 sessions copied, 0 unchanged, 0 failed.\n",
  });
  expect(runJson("/nowhere", "copy", from, to).json).toMatchObject({ copied: 0, unchanged: 3, failed: [] });
  const sessions = (store: string): unknown =>
    runJson(store, "list").json.sessions.map((session) => {
      const { id, messageCount, title } = session as Record<string, unknown>;
      return { id, messageCount, title };
    });
  expect(sessions(to)).toEqual(expect.arrayContaining(sessions(from) as unknown[]));
});

test("says that there is nothing to copy, and does not take another store for the source", async () => {
  const [empty, to] = [temporaryDirectory(), temporaryDirectory()];
  expect(run(await mixed(), "copy", empty, to)).toMatchObject({ code: 0, err: `No sessions in ${empty}.\n` });
  expect(run("/nowhere", "--store", await mixed(), "copy", empty, to)).toMatchObject({ code: 2, out: "" });
  expect(readdirSync(to)).toEqual([]);
});
