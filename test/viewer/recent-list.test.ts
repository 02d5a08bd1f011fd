import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryEngine, Message, SessionStore } from "../../src/index.ts";
import type { Comparison, Overview, SessionList, Waiting } from "../../src/viewer/shapes.ts";
import type { Viewer } from "../../src/viewer.ts";
import { get, getJson, post, saved, viewerOf } from "./sample-store.ts";

/** Counts how often all is listed. */
class CountingEngine extends MemoryEngine {
  lists = 0;

  override async list(...args: Parameters<MemoryEngine["list"]>): ReturnType<MemoryEngine["list"]> {
    this.lists++;
    return await super.list(...args);
  }
}

let engine: CountingEngine;
let store: SessionStore;
let viewer: Viewer;
beforeEach(() => {
  engine = new CountingEngine();
  store = new SessionStore(engine, { closeEngine: true });
  viewer = viewerOf(store);
});
afterEach(() => store.close());

const asked = [Message.user("How far is it?"), Message.assistant("Far.")];

async function titles(query: string): Promise<(string | null)[]> {
  const { sessions } = await getJson<SessionList>(viewer, `/api/sessions${query}`);
  return sessions.map(({ title }) => title);
}

test("keys that are pressed one after the other are answered from one listing", async () => {
  await saved(store, asked, { title: "Moon" });
  for (const typed of ["?q=m", "?q=mo", "?q=moo"]) expect(await titles(typed)).toEqual(["Moon"]);
  expect(engine.lists).toBe(1);
});

test("what the viewer has changed or heard of is in the next answer, also to a key", async () => {
  const id = await saved(store, asked, { title: "Moon" });
  expect(await titles("?q=m")).toEqual(["Moon"]);
  await post(viewer, `/api/sessions/${id}/organize`, { title: "Mars" });
  expect(await titles("?q=m")).toEqual(["Mars"]);

  const { body } = await get(viewer, "/api/events");
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  // What is asked for without words is always as it is.
  await saved(store, asked, { title: "Mercury" });
  expect(await titles("")).toEqual(["Mercury", "Mars"]);
  const told = reader.read();
  await saved(store, asked, { title: "Makemake" });
  await told;
  expect(await titles("?q=ma")).toEqual(["Makemake", "Mars"]);
  await reader.cancel();
});

test("of more sessions than are read at once each is counted, and comes once", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 450; index++)
    ids.push(await saved(store, asked, { title: `Moon ${index}`, source: index % 3 === 0 ? "codex" : "pi" }));
  await store.fork(ids[7] ?? "");
  const seen: string[] = [];
  let query = "?limit=170";
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: SessionList = await getJson<SessionList>(viewer, `/api/sessions${query}`);
    expect(page.total).toBe(451);
    expect(page.facets.source).toEqual([
      ["pi", 301],
      ["codex", 150],
    ]);
    seen.push(...page.sessions.map(({ id }) => id));
    expect(page.sessions.find(({ id }) => id === ids[7])?.children ?? 1).toBe(1);
    ({ cursor } = page);
    query = `?limit=170&cursor=${encodeURIComponent(cursor ?? "")}`;
  }
  expect(seen).toHaveLength(451);
  expect(new Set(seen)).toEqual(new Set(await store.list()));
  expect((await getJson<Overview>(viewer, "/api/overview")).total).toBe(451);
  expect((await getJson<SessionList>(viewer, "/api/sessions?q=moon+44")).total).toBe(11);
});

test("the first rows say nothing of what only a look at everything tells", async () => {
  await saved(store, asked, { title: "Moon" });
  const archived = await saved(store, asked, { title: "Old" });
  await store.organize(archived, { archived: true });
  await saved(store, asked, { title: "Helper", parentId: archived });
  const first = await getJson<SessionList>(viewer, "/api/sessions?first=1");
  expect(first.sessions.map(({ title }) => title)).toEqual(["Moon"]);
  expect(first).toMatchObject({
    total: null,
    cursor: null,
    facets: { source: [], state: [] },
    unreadable: [],
  });
});

test("an overview adds up what the filters leave, each fork without what it took over", async () => {
  const id = await saved(store, asked, { title: "Moon", workspacePath: "/w/a" });
  await saved(store, asked, { title: "Mars", workspacePath: "/w/b" });
  await store.fork(id);
  const all = await getJson<Overview>(viewer, "/api/overview");
  expect(all.total).toBe(3);
  expect(all.days.map(({ sessions }) => sessions)).toEqual([3]);
  const projects = all.projects.map(({ project, sessions, messages }) => [project, sessions, messages]);
  expect(projects.sort()).toEqual([
    ["/w/a", 2, 2],
    ["/w/b", 1, 2],
  ]);
  // So many tokens as without the fork.
  const { tokenCount = 0 } = (await store.summary(id)) ?? {};
  expect(all.projects.find(({ project }) => project === "/w/a")?.tokens).toBe(tokenCount);
  const one = await getJson<Overview>(viewer, "/api/overview?project=/w/b");
  expect([one.total, one.projects.length]).toEqual([1, 1]);
  const [today] = all.days;
  expect(await titles(`?day=${today?.day ?? ""}&q=mars`)).toEqual(["Mars"]);
  expect(await titles("?day=2001-01-01")).toEqual([]);
});

test("a session waits for a person when the model spoke last, or wants leave for a call", async () => {
  const call = (more: object = {}) =>
    Message.from({
      role: "assistant",
      content: [{ type: "tool_use", id: "1", name: "Bash", input: {}, ...more }],
    });
  const answered = await saved(store, asked);
  const noted = await saved(store, [...asked, Message.from({ role: "user", content: "note", meta: true })]);
  const others = [
    await saved(store, [Message.user("Do it")]),
    await saved(store, [...asked, call()]),
    await saved(store, [...asked, call(), Message.toolResult({ callId: "1", content: "done" })]),
    await saved(store, []),
    "1a2b3c4d-0000-4000-8000-000000000000",
  ];
  const query = [answered, noted, ...others].map((id) => `id=${id}`).join("&");
  expect(await getJson<Waiting>(viewer, `/api/waiting?${query}`)).toEqual({ waiting: [answered, noted] });
  expect((await get(viewer, `/api/waiting?${`id=${answered}&`.repeat(61)}`)).status).toBe(400);
  expect((await get(viewer, "/api/waiting?id=..%2f")).status).toBe(400);
});

test("a revision beside the one before it, the first beside nothing, none that is not there", async () => {
  const id = await saved(store, asked, { title: "Before" });
  await store.commit(id, { base: 1, splice: [1, 1, [Message.assistant("Near.")]], set: { title: "After" } });
  await store.append(id, [Message.user("Really?")]);
  const second = await getJson<Comparison>(viewer, `/api/sessions/${id}/compare?revision=2`);
  expect(second).toMatchObject({
    ...{ revision: 2, previous: 1, next: 3, start: 1 },
    fields: [{ field: "title", before: "Before", after: "After" }],
    removed: { count: 1, messages: [{ position: 1, parts: [{ text: "Far." }] }] },
    added: { count: 1, messages: [{ position: 1, parts: [{ text: "Near." }] }] },
  });
  const first = await getJson<Comparison>(viewer, `/api/sessions/${id}/compare?revision=1`);
  expect(first).toMatchObject({ previous: null, next: 2, removed: { count: 0 }, added: { count: 2 } });
  const last = await getJson<Comparison>(viewer, `/api/sessions/${id}/compare?revision=3`);
  expect(last).toMatchObject({ previous: 2, next: null, removed: { count: 0 }, added: { count: 1 } });
  expect((await get(viewer, `/api/sessions/${id}/compare?revision=9`)).status).toBe(400);
});
