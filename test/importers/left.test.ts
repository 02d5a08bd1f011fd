import { expect, test } from "vitest";
import { importStateOf } from "../../src/importers/store/import-state.ts";
import { leftInOriginal } from "../../src/importers/original/left-in-original.ts";
import { SessionNotFoundError, type Message, type SessionId } from "../../src/index.ts";
import { storedHead } from "../../src/store/reading/stored-head.ts";
import { A, Script, text } from "./claude-script.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();

/** What is noted of the places, and what the original tells of them. */
async function leftOf(id: string): Promise<{ places: readonly number[]; left: unknown[] }> {
  const stored = await storedHead(place.store.engine, id as SessionId);
  if (stored === undefined) throw new SessionNotFoundError(id);
  const left = await leftInOriginal(place.store, stored.id, stored.head);
  return {
    places: importStateOf(stored.head)?.left ?? [],
    left: left.map(({ position, messages }) => [position, told(messages as Message[])]),
  };
}

test("Claude Code: what a rewind left is known by its place, and read from the original", async () => {
  const script = new Script()
    .user("one")
    .answer("a1", text("first"))
    .user("wrong way")
    .answer("a2", text("bad"));
  script.user("right way", { parentUuid: script.uuid(2) }).answer("a3", text("good"));
  await place.read(script.records);
  expect(await leftOf(A)).toEqual({
    places: [2],
    left: [[2, ["user: wrong way", "assistant: bad"]]],
  });
});

test("who goes back further takes the place of what was left before along", async () => {
  const script = new Script()
    .user("one")
    .answer("a1", text("first"))
    .user("two")
    .answer("a2", text("second"));
  script.user("three", { parentUuid: script.uuid(3) });
  script.user("anew", { parentUuid: script.uuid(1) }).answer("a3", text("good"));
  await place.read(script.records);
  const { places, left } = await leftOf(A);
  expect(places).toEqual([1]);
  expect(left.map((branch) => (branch as [number])[0])).toEqual(left.map(() => 1));
  expect(JSON.stringify(left)).toContain("second");
});

test("a session that grows is told of the place too, and one that left nothing has none", async () => {
  const script = new Script()
    .user("one")
    .answer("a1", text("first"))
    .user("two")
    .answer("a2", text("second"));
  const path = place.file(script.records);
  await place.import(path);
  expect(await leftOf(A)).toEqual({ places: [], left: [] });
  script.user("other", { parentUuid: script.uuid(2) }).answer("a3", text("good"));
  await place.import(place.file(script.records));
  expect((await leftOf(A)).places).toEqual([2]);
  script.user("on").answer("a4", text("and on"));
  await place.import(place.file(script.records));
  expect(await leftOf(A)).toEqual({ places: [2], left: [[2, ["user: two", "assistant: second"]]] });
});

test("pi: the tree's other branches", async () => {
  const entry = (id: string, parentId: string | null, role: string, said: string): object => ({
    type: "message",
    ...{ id, parentId, timestamp: "2026-01-05T09:00:00.000Z", message: { role, content: said } },
  });
  const header = { type: "session", version: 3, id: A, timestamp: "2026-01-05T09:00:00.000Z", cwd: "/p" };
  await place.read([
    header,
    entry("1", null, "user", "one"),
    entry("2", "1", "user", "wrong"),
    entry("3", "1", "user", "right"),
  ]);
  expect(await leftOf(A)).toEqual({ places: [1], left: [[1, ["user: wrong"]]] });
});
