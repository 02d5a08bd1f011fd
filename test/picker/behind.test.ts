import { expect, test } from "vitest";
import { Searching } from "../../src/cli/picker/searching.ts";
import type { Finds } from "../../src/cli/picker/state.ts";
import { upToDate } from "../../src/cli/picker/up-to-date.ts";
import { nextMillisecond } from "../../src/conformance/samples.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";

async function saved(store: SessionStore, title: string, text: string): Promise<string> {
  const session = new AgentSession({ metadata: { title }, messages: [Message.user(text)] });
  await store.save(session);
  // Of those of one millisecond any may be the first.
  await nextMillisecond();
  return session.id;
}

test("of the letters of a word that is typed at once only the word is searched, and no key waits for it", async () => {
  await using store = new SessionStore("memory:");
  const id = await saved(store, "One", "a needle");
  const found: Finds[] = [];
  const searching = new Searching(store, (finds) => found.push(finds));
  const asked = ["n", "ne", "nee", "need"].map((typed) => searching.ask(typed));
  // Nothing is searched in the turn of the key: what it draws comes first.
  await new Promise((resolve) => setImmediate(resolve));
  expect(found).toEqual([]);
  await Promise.all(asked);
  expect(found.map(({ query, hits }) => [query, hits.map((hit) => hit.id)])).toEqual([["need", [id]]]);
  await searching.ask("nothing of it");
  await searching.ask("needle");
  expect(found.map(({ query }) => query)).toEqual(["need", "nothing of it", "needle"]);
});

test("sessions that are as they are known stay the same objects; others, new ones and gone ones are told", async () => {
  await using store = new SessionStore("memory:");
  const ids = [
    await saved(store, "One", "x"),
    await saved(store, "Two", "x"),
    await saved(store, "Three", "x"),
  ];
  const known = await upToDate(store, []);
  expect(known.map(({ id }) => id)).toEqual(ids.toReversed());
  expect(await upToDate(store, known)).toBe(known);
  await store.append(ids[0] ?? "", [Message.assistant("on")]);
  await nextMillisecond();
  await store.delete(ids[1] ?? "");
  const four = await saved(store, "Four", "x");
  const now = await upToDate(store, known);
  expect(now.map(({ id }) => id)).toEqual([four, ids[0], ids[2]]);
  expect(now[2]).toBe(known[0]);
  expect(now[1]?.messageCount).toBe(2);
});
