import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { checkpointPath, temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const [OLD = "", NEW = "", OTHER = ""] = ["aaaa1111", "bbbb2222", "cccc3333"].map(
  (start) => `${start}-0000-4000-8000-000000000000`,
);
const DAY = 24 * 60 * 60 * 1000;

/** Two sessions that were changed long ago, in two projects, and one of now. */
async function filled(): Promise<string> {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const long = "the same words again ".repeat(400);
  for (const [id, title, days, path] of [
    [OLD, "Old", 40, "/gone/one"],
    [OTHER, "Other", 35, "/gone/two"],
    [NEW, "New", 0, "/gone/one"],
  ] as const) {
    const at = new Date(Date.now() - days * DAY).toISOString();
    await store.commit(id, {
      base: 0,
      at,
      set: { createdAt: at, title, workspacePath: path },
      splice: ["end", 0, [Message.user(long)]],
    });
    await store.checkpoint(id);
  }
  return directory;
}

test("pack: those that rest, of one project or of all; a dry run names them and changes nothing", async () => {
  const store = await filled();
  const dry = runJson(store, "pack", "--resting", "30d", "--dry-run");
  expect(dry.code).toBe(0);
  expect(dry.json).toMatchObject({
    dryRun: true,
    sessions: [
      { id: OTHER, title: "Other" },
      { id: OLD, title: "Old" },
    ],
    failed: [],
  });
  const told = run(store, "pack", "--resting", "30", "--dry-run");
  expect(told.out).toMatch(/^cccc3333-\S+ {2}\S+ kB {2}Other\naaaa1111-\S+ {2}\S+ kB {2}Old\n$/);
  expect(told.err).toMatch(/^2 sessions of \S+ kB would be packed\.\n$/);
  expect(existsSync(checkpointPath(store, OLD))).toBe(true);
  const one = run(store, "pack", "--resting", "30d", "--workspace", "/gone/one");
  expect(one).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^aaaa1111-\S+ {2}\S+ kB → \S+ (kB|bytes|B) {2}Old\n$/),
    err: expect.stringMatching(/^1 session packed: .* → .*\. Astrid does not see it until .*\.\n$/),
  });
  expect(existsSync(checkpointPath(store, OLD))).toBe(false);
  const rest = runJson(store, "pack", "--resting", "30d");
  expect(rest.json.sessions).toMatchObject([{ id: OTHER, title: "Other", state: "packed" }]);
  expect(runJson(store, "pack", "--resting", "30d").json.sessions).toEqual([]);
  expect(run(store, "show", "aaaa").out).toMatch(/the same words again/);
  expect(runJson(store, "list").json.sessions).toMatchObject([
    { id: NEW },
    { id: OTHER, packed: true },
    { id: OLD, packed: true },
  ]);
  expect(run(store, "checkpoint", "aaaa").code).toBe(0);
  expect(existsSync(checkpointPath(store, OLD))).toBe(true);
});

test("pack: sessions by name, each with what became of it", async () => {
  const store = await filled();
  const { json, code } = runJson(store, "pack", "bbbb", "latest", "aaaa");
  expect(code).toBe(0);
  expect(json.sessions).toMatchObject([
    { id: NEW, state: "packed" },
    { id: OLD, state: "packed" },
  ]);
  expect(run(store, "pack", "bbbb")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/packed before {2}New\n$/),
    err: "0 sessions packed.\n",
  });
  expect(run(store, "pack", "ffff")).toMatchObject({ code: 3 });
});

test("pack: it says what it needs, and nothing is packed by accident", async () => {
  const store = await filled();
  for (const args of [
    [],
    ["aaaa", "--resting", "3d"],
    ["aaaa", "--workspace", "/gone/one"],
    ["--resting", "soon"],
  ])
    expect(run(store, "pack", ...args), args.join(" ")).toMatchObject({ code: 2, out: "" });
  expect(run(store, "pack", "--help").out).toContain("astrid-sessions pack --resting 30d --dry-run");
  expect(runJson(store, "list").json.sessions.every((one) => !("packed" in one))).toBe(true);
  const empty = temporaryDirectory();
  expect(run(empty, "pack", "--resting", "1d")).toMatchObject({
    code: 0,
    out: "",
    err: "0 sessions packed.\n",
  });
});

test("pack: a session that somebody holds, or is small, concerns no other", async () => {
  const directory = await filled();
  const session = new AgentSession({ messages: [Message.user("x")] });
  {
    await using store = new SessionStore(directory);
    await store.save(session);
  }
  await using store = new SessionStore(directory);
  await using _ = await store.lease(NEW, { by: "somebody" });
  const { json, code } = runJson(directory, "pack", "bbbb", "aaaa", session.id);
  expect(json.failed).toEqual([]);
  expect(code).toBe(0);
  expect(json.sessions).toMatchObject([
    { id: NEW, state: "held" },
    { id: OLD, state: "packed" },
    { id: session.id },
  ]);
});
