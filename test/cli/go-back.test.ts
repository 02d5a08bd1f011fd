import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "aaaa1111-0000-4000-8000-000000000000";

async function stored(title: string | null = "Plans"): Promise<string> {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const messages = ["one", "two", "three", "four"].map((text) => Message.user(text));
  await store.save(new AgentSession({ id: ID, metadata: { title }, messages }));
  return directory;
}

function texts(directory: string, id = ID): string[] {
  const lines = run(directory, "show", id, "--json").out.trim().split("\n").slice(1);
  return lines.map((line) => (JSON.parse(line) as { message: { content: string } }).message.content);
}

test("rewind goes back, undo takes it back, and says when there is nothing to take back", async () => {
  const directory = await stored();
  const back = run(directory, "rewind", "aaaa", "--last", "3");
  expect(back).toMatchObject({ code: 0, out: `went back: ${ID}  1 message, revision 2\n` });
  expect(back.err).toContain("astrid-sessions undo aaaa1111");
  expect(texts(directory)).toEqual(["one"]);
  expect(run(directory, "undo", "latest").out).toBe(`rewind taken back: ${ID}  4 messages, revision 3\n`);
  expect(texts(directory)).toHaveLength(4);
  expect(runJson(directory, "undo", "aaaa")).toMatchObject({
    code: 3,
    json: { error: { code: "NOT_FOUND" } },
  });
  expect(runJson(directory, "rewind", "aaaa", "--at", "2").json).toEqual({
    id: ID,
    revision: 4,
    messageCount: 2,
    changed: true,
  });
  expect(run(directory, "rewind", "aaaa", "--revision", "1").code).toBe(0);
  expect(texts(directory)).toHaveLength(4);
  for (const args of [[], ["--at", "1", "--last", "1"], ["--at", "x"], ["--last", "0"]])
    expect(run(directory, "rewind", "aaaa", ...args).code, args.join(" ")).toBe(2);
});

test("list tells a fork's own messages from those that it took over, and search finds these once", async () => {
  const directory = await stored();
  const id = String(runJson(directory, "fork", "aaaa").json["id"]);
  await using store = new SessionStore(directory);
  await store.append(id, [Message.user("a word of its own")]);
  expect(run(directory, "list").out).toMatch(/ fork 1 \(\+4\) Plans \(fork\)/);
  expect(runJson(directory, "search", "three").json).toMatchObject({ hits: [{ id: ID, alsoIn: [id] }] });
  expect(run(directory, "search", "three").out).toMatch(/three {2}\(and in 1 fork\)\n$/);
  expect(run(directory, "search", "word").out).toContain(id.slice(0, 8));
});

test("fork begins a session at a place in another, and says where it comes from", async () => {
  const directory = await stored();
  const { json } = runJson(directory, "fork", "aaaa", "--at", "2");
  expect(json).toMatchObject({ from: ID, messageCount: 2, revision: 1 });
  const id = String(json["id"]);
  expect(texts(directory, id)).toEqual(["one", "two"]);
  const { sessions } = runJson(directory, "list").json;
  expect(sessions).toContainEqual(
    expect.objectContaining({
      id,
      title: "Plans (fork)",
      custom: { forked_from: `${ID}@1`, taken_over: "2", taken_over_tokens: "0" },
    }),
  );
  expect(run(directory, "fork", id).code).toBe(0);
  expect(run(directory, "list").out).toContain("Plans (fork 2)");
  expect(texts(directory)).toHaveLength(4);
});

test("to leave out all messages, or more than there are, is refused by fork and by rewind", async () => {
  const directory = await stored();
  for (const verb of ["fork", "rewind"])
    for (const last of ["4", "99"]) {
      const { code, err, out } = run(directory, verb, "aaaa", "--last", last);
      expect({ code, out }, `${verb} --last ${last}`).toEqual({ code: 2, out: "" });
      expect(err).toContain(`The session has 4 messages: without the last ${last} there is none.`);
    }
  expect(runJson(directory, "list").json.sessions).toHaveLength(1);
  expect(texts(directory)).toHaveLength(4);
  expect(runJson(directory, "fork", "aaaa", "--at", "0").json).toMatchObject({ messageCount: 0 });
});

test("compact takes a summary from the command line or a file; undo takes it away", async () => {
  const directory = await stored();
  const file = join(directory, "..", "summary.txt");
  writeFileSync(file, "They counted.\n");
  const context = async (): Promise<readonly Message[]> => {
    await using store = new SessionStore(directory);
    return (await store.load(ID))?.context() ?? [];
  };
  expect(run(directory, "compact", "aaaa", "--summary-file", file, "--keep", "1").code).toBe(0);
  expect(await context()).toMatchObject([
    { role: "system", content: expect.stringContaining("They counted.") as string },
    { content: "four" },
  ]);
  expect(texts(directory)).toHaveLength(4);
  expect(run(directory, "compact", "aaaa", "--summary", "x", "--keep", "1").out).toMatch(
    /^nothing to shorten/,
  );
  expect(run(directory, "compact", "aaaa", "--summary", "x").err).toMatch(
    /^The last 20 messages would stay as they are \(--keep\)/,
  );
  expect(run(directory, "undo", "aaaa").out).toMatch(/^compact taken back/);
  expect(await context()).toHaveLength(4);
  expect(run(directory, "compact", "aaaa").code).toBe(2);
});

test("a summary's file that is not there is told, and nothing is changed", async () => {
  const directory = await stored();
  const missing = join(directory, "missing.txt");
  const told = runJson(directory, "compact", "aaaa", "--summary-file", missing);
  expect(told.code).toBe(2);
  expect(told.json.error).toMatchObject({ code: "USAGE" });
});
