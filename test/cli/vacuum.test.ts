import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "aaaa1111-0000-4000-8000-000000000000";
const GONE = "bbbb2222-0000-4000-8000-000000000000";

async function stored(): Promise<string> {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  for (const id of [ID, GONE]) {
    await store.save(new AgentSession({ id, metadata: { title: "Plans" }, messages: [Message.user("one")] }));
    for (const text of ["two", "three"]) await store.append(id, [Message.user(text)]);
  }
  await store.delete(GONE, { trash: true });
  return directory;
}

test("vacuum says what would go, and gives up what is named", async () => {
  const directory = await stored();
  expect(run(directory, "vacuum").code).toBe(2);
  const dry = run(directory, "vacuum", "aaaa", "--before-revision", "3", "--dry-run");
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.out).toMatch(/^aaaa1111-\S+ {2}Plans {2}\(2 revisions, .+; begins with revision 3\)\n$/);
  expect(dry.err).toMatch(/2 revisions of 1 session, .+, would be given up\./);
  const { json } = runJson(directory, "vacuum", "aaaa", "--before-revision", "3");
  expect(json).toMatchObject({
    dryRun: false,
    sessions: [{ id: ID, title: "Plans", begins: 3, revisions: 2 }],
    spared: [],
    trash: [],
  });
  expect(run(directory, "rewind", "aaaa", "--revision", "1").err).toContain("begins behind revision 2");
  expect(run(directory, "vacuum", "--trash").out).toMatch(/^bbbb2222/);
  expect(runJson(directory, "trash").json).toMatchObject({ sessions: [] });
  expect(run(directory, "doctor").code).toBe(0);
  for (const args of [
    ["aaaa", "--trash"],
    ["--before-revision", "2"],
    ["--trash", "--trash-older-than", "1d"],
    ["--history-older-than", "1d", "--before-revision", "2"],
    ["aaaa", "--before-revision", "x"],
  ])
    expect(run(directory, "vacuum", ...args).code, args.join(" ")).toBe(2);
  expect(run(directory, "vacuum", "cccc", "--before-revision", "2").code).toBe(3);
});

test("vacuum of an empty store gives up nothing", () => {
  const done = run(temporaryDirectory(), "vacuum", "--history-older-than", "0d", "--trash");
  expect(done).toMatchObject({ code: 0, out: "" });
});
