import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import type {
  FindResult,
  HistoryPage,
  MessagePage,
  Outline,
  SearchResult,
  SessionDetails,
  SessionList,
} from "../../src/viewer/shapes.ts";
import type { Viewer } from "../../src/viewer.ts";
import { get, getJson, post, saved, viewerOf } from "./sample-store.ts";

let store: SessionStore;
let viewer: Viewer;
beforeEach(() => {
  store = new SessionStore("memory:");
  viewer = viewerOf(store);
});
afterEach(() => store.close());

const said = [Message.user("How large is the moon?"), Message.assistant("Rather **large**.")];

async function list(query = ""): Promise<SessionList> {
  return await getJson<SessionList>(viewer, `/api/sessions${query}`);
}

test("a list has its sessions newest first, and pages that neither repeat nor leave out one", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 7; index++) ids.unshift(await saved(store, said));
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const at = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: SessionList = await list(`?limit=3${at}`);
    expect(page.total).toBe(7);
    seen.push(...page.sessions.map(({ id }) => id));
    ({ cursor } = page);
  }
  expect(new Set(seen)).toEqual(new Set(ids));
  expect(seen).toHaveLength(7);
});

test("sessions are narrowed by the branch that was checked out, and by none", async () => {
  const one = await saved(store, said);
  const other = await saved(store, said);
  await store.commit(one, { set: { gitState: { branch: "fix/rounding", commit: null } } });
  const { facets } = await list();
  expect(facets.branch).toEqual([
    ["", 1],
    ["fix/rounding", 1],
  ]);
  const { sessions } = await list("?branch=fix/rounding");
  expect(sessions.map(({ id, branch }) => [id, branch])).toEqual([[one, "fix/rounding"]]);
  expect((await list("?branch=")).sessions.map(({ id }) => id)).toEqual([other]);
});

test("each facet counts what all other filters leave", async () => {
  await saved(store, said, { source: "codex", model: "a", tags: ["x", "y"] });
  await saved(store, said, { source: "codex", model: "b", tags: ["x"] });
  const pinned = await saved(store, said, { source: "gemini", model: "a" });
  const archived = await saved(store, said, { source: "gemini", model: "c" });
  await store.organize(pinned, { pinned: true });
  await store.organize(archived, { archived: true });

  const all = await list();
  expect(all.total).toBe(3);
  expect(all.facets.source).toEqual([
    ["codex", 2],
    ["gemini", 1],
  ]);
  expect(all.facets.tag).toEqual([
    ["x", 2],
    ["y", 1],
  ]);
  expect(Object.fromEntries(all.facets.state)).toEqual({ current: 3, pinned: 1, archived: 1 });
  expect(Object.fromEntries(all.facets.changed)).toEqual({ day: 3, week: 3, month: 3, year: 3 });

  const codex = await list("?source=codex&model=a");
  expect(codex.total).toBe(1);
  expect(codex.facets.source).toEqual([
    ["codex", 1],
    ["gemini", 1],
  ]);
  expect(codex.facets.model).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  // Two values of one facet are either of them.
  expect((await list("?source=codex&source=gemini")).total).toBe(3);
  expect((await list("?state=archived")).sessions.map(({ id }) => id)).toEqual([archived]);
  // What a facet counts for a value is what choosing it shows.
  for (const [name, values] of Object.entries(all.facets))
    for (const [value, count] of values)
      expect([name, value, (await list(`?${name}=${encodeURIComponent(value)}`)).total]).toEqual([
        name,
        value,
        count,
      ]);
});

test("the list is filtered by title, tag and the beginning of an id, not by the path", async () => {
  const moon = await saved(store, said, { title: "The Moon", workspacePath: "/home/dev/sun", tags: ["sky"] });
  await saved(store, said, { title: "Else" });
  for (const q of ["moon", "SKY", moon.slice(0, 6)])
    expect((await list(`?q=${q}`)).sessions.map(({ id }) => id)).toEqual([moon]);
  expect((await list("?q=sun")).total).toBe(0);
});

test("sub-agents and forks are below the session that they belong to", async () => {
  const parent = await saved(store, said, { title: "Parent" });
  const child = await saved(store, said, { parentId: parent });
  const fork = (await store.fork(parent)).id;
  const { sessions } = await list();
  expect(new Map(sessions.map(({ id, children }) => [id, children]))).toEqual(
    new Map([
      [parent, 2],
      [fork, 0],
    ]),
  );
  const below = await list(`?parent=${parent}`);
  expect(new Set(below.sessions.map(({ id }) => id))).toEqual(new Set([child, fork]));
  const details = await getJson<SessionDetails>(viewer, `/api/sessions/${child}`);
  expect(details.parent?.id).toBe(parent);
});

test("a search marks its finds and is narrowed by the facets", async () => {
  const one = await saved(store, said, { source: "codex" });
  await saved(store, said, { source: "gemini" });
  const { hits } = await getJson<SearchResult>(viewer, "/api/search?q=moon&source=codex");
  expect(hits.map(({ session, position }) => [session.id, position])).toEqual([[one, 0]]);
  const [hit] = hits;
  expect(hit?.marks.map(([start, end]) => hit.snippet.slice(start, end))).toEqual(["moon"]);
  // The last word is still being typed.
  const typing = await getJson<SearchResult>(viewer, "/api/search?q=large+moo&source=codex");
  expect(typing.hits.map(({ position }) => position)).toEqual([0]);
  // An unclosed quote is a text like any other.
  expect((await get(viewer, '/api/search?q="moon')).status).toBe(200);
});

test("messages are read by position; without one, the end", async () => {
  const many = Array.from({ length: 120 }, (_, index) => Message.user(`number ${index}`));
  const id = await saved(store, many);
  const end = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages?limit=10`);
  expect(end.messageCount).toBe(120);
  expect(end.messages.map(({ position }) => position)).toEqual(
    Array.from({ length: 10 }, (_, at) => 110 + at),
  );
  const middle = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages?from=40&limit=2`);
  expect(middle.messages.map(({ parts }) => parts)).toEqual([
    [{ type: "text", text: "number 40", total: 9 }],
    [{ type: "text", text: "number 41", total: 9 }],
  ]);
});

test("a long message is cut between characters, and the rest is read piece by piece", async () => {
  const text = "🌕x".repeat(150_000);
  const id = await saved(store, [Message.user(text)]);
  const { messages } = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages`);
  const part = messages[0]?.parts[0];
  if (part?.type !== "text") throw new Error("no text");
  expect(part.total).toBe(text.length);
  let whole = part.text;
  expect(whole.length).toBeLessThanOrEqual(200_000);
  while (whole.length < part.total) {
    const url = `/api/sessions/${id}/part?position=0&part=0&from=${whole.length}`;
    const piece = await getJson<{ text: string }>(viewer, url);
    expect(piece.text.isWellFormed()).toBe(true);
    whole += piece.text;
  }
  expect(whole === text).toBe(true);
});

test("an answer with large messages ends early, and goes on where it ended", async () => {
  const id = await saved(
    store,
    Array.from({ length: 12 }, () => Message.user("x".repeat(190_000))),
  );
  const { messages } = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages?from=0`);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.length).toBeLessThan(12);
});

test("the outline tells what a person asked, and from a position on what came since", async () => {
  const id = await saved(store, [
    Message.user("First question"),
    Message.from({ role: "user", content: "a note of the program", meta: true }),
    Message.toolCalls([{ id: "1", name: "read", arguments: { path: "a" } }]),
    Message.toolResult({ callId: "1", content: "text" }),
    Message.assistant("Answer"),
    Message.user("<system-reminder>x</system-reminder>"),
    Message.user("Second question"),
  ]);
  const all = await getJson<Outline>(viewer, `/api/sessions/${id}/outline`);
  expect(all.prompts.map(({ position, text }) => [position, text])).toEqual([
    [0, "First question"],
    [6, "Second question"],
  ]);
  expect(all.said).toEqual([4]);
  const since = await getJson<Outline>(viewer, `/api/sessions/${id}/outline?from=5`);
  expect([since.prompts.length, since.said]).toEqual([1, []]);
});

test("find knows the whole session, calls and results too, whatever the case", async () => {
  const id = await saved(store, [
    Message.user("nothing"),
    Message.toolCalls([{ id: "1", name: "grep", arguments: { pattern: "Needle" } }]),
    Message.toolResult({ callId: "1", content: "needle, NEEDLE" }),
  ]);
  const { found } = await getJson<FindResult>(viewer, `/api/sessions/${id}/find?q=needle`);
  expect(found).toEqual([
    { position: 1, part: 0, count: 1 },
    { position: 2, part: 0, count: 2 },
  ]);
});

test("an earlier revision is read as it was, and the history says what each one did", async () => {
  const id = await saved(store, said);
  await store.append(id, [Message.user("And the sun?")]);
  await store.rewind(id, { position: 1 });
  const { revisions } = await getJson<HistoryPage>(viewer, `/api/sessions/${id}/history`);
  expect(revisions.map(({ revision }) => revision)).toEqual([3, 2, 1]);
  expect(revisions[1]?.did).toContain("+1");
  const second = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages?revision=2`);
  expect(second.messages).toHaveLength(3);
});

test("images are told by their bytes and served as such; SVG and HTML never", async () => {
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const svg = Buffer.from("<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'></svg>").toString(
    "base64",
  );
  const id = await saved(store, [
    Message.parts("user", [
      { type: "image", data: svg, media_type: "image/svg+xml" },
      { type: "image", data: png, media_type: "image/png" },
    ]),
  ]);
  const { messages } = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages`);
  const images = messages[0]?.parts.map((part) => (part.type === "attachment" ? part.attachment.image : "?"));
  expect(images).toEqual([null, 0]);
  const image = await get(viewer, `/api/sessions/${id}/image?position=0&image=0`);
  expect(image.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await image.arrayBuffer()).toString("base64")).toBe(png);
  expect((await get(viewer, `/api/sessions/${id}/image?position=0&image=1`)).status).toBe(400);
});

test("a call is told by one line", async () => {
  const calls = [
    { id: "1", name: "Bash", arguments: { description: "List files", command: "ls -la\npwd" } },
    { id: "2", name: "shell", arguments: { command: ["bash", "-lc", "make test"] } },
    { id: "3", name: "Edit", arguments: { old_string: "a", new_string: "b", file_path: "/src/a.ts" } },
    {
      id: "4",
      name: "TodoWrite",
      arguments: {
        todos: [
          { content: "One", status: "completed" },
          { content: "Two", status: "in_progress" },
        ],
      },
    },
    { id: "5", name: "exec", arguments: "print(1)" },
  ];
  const id = await saved(store, [Message.toolCalls(calls)]);
  const { messages } = await getJson<MessagePage>(viewer, `/api/sessions/${id}/messages`);
  expect(messages[0]?.parts.map((part) => (part.type === "call" ? part.line : "?"))).toEqual([
    "ls -la pwd",
    "make test",
    "/src/a.ts",
    "1 of 2 done: Two",
    "print(1)",
  ]);
});

test("a session is renamed, tagged, pinned, archived, trashed and brought back", async () => {
  const id = await saved(store, said);
  const organize = `/api/sessions/${id}/organize`;
  const changes = { title: "Moon", addTags: ["sky"], pinned: true, archived: true };
  expect((await post(viewer, organize, changes)).status).toBe(200);
  const [row] = (await list("?state=archived")).sessions;
  expect(row).toMatchObject({ title: "Moon", tags: ["sky"], pinned: true, archived: true });
  await post(viewer, organize, { title: null, removeTags: ["sky"], pinned: false, archived: false });
  expect((await list()).sessions[0]).toMatchObject({ title: null, tags: [], pinned: false });

  expect((await post(viewer, `/api/sessions/${id}/trash`, {})).status).toBe(200);
  expect((await list()).total).toBe(0);
  expect((await post(viewer, `/api/sessions/${id}/restore`, {})).status).toBe(200);
  expect((await list()).total).toBe(1);
});

test.each([
  ["{", 400],
  ["[]", 400],
  [{ title: 3 }, 400],
  [{ addTags: "x" }, 400],
  [{ addTags: [" "] }, 400],
  [{ pinned: "yes" }, 400],
])("a change that makes no sense is refused: %j", async (body, status) => {
  const id = await saved(store, said);
  expect((await post(viewer, `/api/sessions/${id}/organize`, body)).status).toBe(status);
});

test.each([
  ["/api/sessions/1a2b3c4d-0000-4000-8000-000000000000/messages", 404],
  ["/api/sessions/nonsense/messages", 400],
  ["/api/sessions/1a2b3c4d-0000-4000-8000-000000000000/nothing", 404],
  ["/api/sessions?limit=-1", 400],
  ["/api/sessions?cursor=nonsense", 400],
  ["/api/nothing", 404],
  ["/api/sessions/a/b/c", 404],
])("%s is answered with %i and a sentence", async (path, status) => {
  const response = await get(viewer, path);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect([response.status, error.message.endsWith(".")]).toEqual([status, true]);
});
