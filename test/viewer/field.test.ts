import { afterAll, beforeAll, expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import type { Viewer } from "../../src/viewer.ts";
import type { SearchResult, SessionList } from "../../src/viewer/shapes.ts";
import { getJson, saved, viewerOf } from "./sample-store.ts";

let store: SessionStore;
let viewer: Viewer;

beforeAll(async () => {
  store = await SessionStore.open("memory:");
  viewer = viewerOf(store);
});

afterAll(async () => {
  await store.close();
});

async function list(query: string): Promise<SessionList> {
  return await getJson<SessionList>(viewer, `/api/sessions${query}`);
}

test("the field asks as the command does: what narrows, and what is not wanted, stands among the words", async () => {
  const one = await saved(store, [Message.user("moon landing")], { title: "One moon", source: "codex" });
  const two = await saved(store, [Message.user("moon eclipse")], { title: "Two moon", source: "gemini" });
  const found = async (query: string): Promise<string[]> => {
    const path = `/api/search?q=${encodeURIComponent(query)}`;
    const { hits } = await getJson<SearchResult>(viewer, path);
    return [...new Set(hits.map(({ session }) => session.id))];
  };
  expect(await found("moon -eclipse agent:codex")).toEqual([one]);
  expect(await found("moon -agent:codex")).not.toContain(one);
  expect(await found("moon -agent:codex")).toContain(two);
  const listed = await list(`?q=${encodeURIComponent("moon -two")}`);
  expect(listed.sessions.map(({ id }) => id)).toContain(one);
  expect(listed.sessions.map(({ id }) => id)).not.toContain(two);
  const narrowed = await list(`?q=${encodeURIComponent("moon agent:gemini")}`);
  expect(narrowed.sessions.map(({ id }) => id)).toEqual([two]);
});

test("a search counts for the facets the sessions that the list does not: those without the words in title and tags", async () => {
  await using store = new SessionStore("memory:");
  const viewer = viewerOf(store);
  const said = [Message.user("How far is the moon?")];
  await saved(store, said, { source: "codex", title: "Far" });
  await saved(store, said, { source: "codex", title: "The moon" });
  const parentId = await saved(store, said, { source: "gemini", title: "Near" });
  await saved(store, said, { source: "gemini", title: "Helper", parentId });
  const counts = async (more = "") => {
    const found = await getJson<SearchResult>(viewer, `/api/search?q=moon${more}`);
    return [found.more, new Map(found.facets.source)];
  };
  const sources = new Map([
    ["gemini", 2],
    ["codex", 1],
  ]);
  expect(await counts()).toEqual([3, sources]);
  // A facet counts what the others leave.
  expect(await counts("&source=codex")).toEqual([1, sources]);
  const list = await getJson<SessionList>(viewer, "/api/sessions?q=moon");
  expect(list.facets.source).toEqual([["codex", 1]]);
});
