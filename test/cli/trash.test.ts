import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "aaaa1111-0000-4000-8000-000000000000";

async function trashedLives(directory: string, titles: readonly string[]): Promise<void> {
  await using store = new SessionStore(directory);
  for (const title of titles) {
    await store.save(new AgentSession({ id: ID, metadata: { title }, messages: [Message.user(title)] }));
    await store.delete(ID, { trash: true });
  }
}

test("an id that was used again has several lives in the trash; each can be restored", async () => {
  const directory = temporaryDirectory();
  await trashedLives(directory, ["first", "second"]);
  expect(runJson(directory, "trash").json.sessions).toMatchObject([
    { id: ID, title: "second" },
    { id: ID, title: "first" },
  ]);
  expect(run(directory, "restore", "aaaa")).toMatchObject({ code: 0, out: `restored: ${ID}\n` });
  expect(run(directory, "show", ID).out).toMatch(/^second\n/);
  expect(run(directory, "restore", "aaaa")).toMatchObject({ code: 1 });
  expect(run(directory, "rm", "aaaa", "--permanent")).toMatchObject({ code: 0 });
  expect(run(directory, "restore", ID)).toMatchObject({ code: 0 });
  expect(run(directory, "show", ID).out).toMatch(/^first\n/);
});

test("emptying the trash removes every life; with an age only what is old enough", async () => {
  const directory = temporaryDirectory();
  await trashedLives(directory, ["first", "second"]);
  expect(runJson(directory, "trash", "empty", "--older-than", "1d").json).toEqual({ removed: 0 });
  expect(runJson(directory, "trash", "empty").json).toEqual({ removed: 2 });
  expect(runJson(directory, "trash").json.sessions).toEqual([]);
});
