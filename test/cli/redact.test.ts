import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";
import { hasTerminal, inTerminal } from "./terminal.ts";
import { COMMAND } from "../command.ts";

/** Put together here, so that nobody who looks for tokens takes it for one. */
const SECRET = ["ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");

test("redact counts by kind, prints no secret, and finds a session in the trash too", async () => {
  await save(ONE, `use ${SECRET}`, [SECRET, "hunter2-prod"]);
  await save(TWO, "Clean", ["nothing"]);
  const dry = run(directory, "redact", "aaaa1111", "--dry-run");
  expect(dry).toMatchObject({ code: 0, out: "github-token  2\n" });
  expect(dry.err).toContain("would redact 2 places in 1 revision, the history included.");
  expect(run(directory, "show", ONE).out).toContain(SECRET);
  expect(run(directory, "rm", ONE)).toMatchObject({ code: 0 });
  const { json, out } = runJson(directory, "redact", ONE, "--also", "hunter2-prod");
  expect(json).toEqual({
    ...{ dryRun: false, id: ONE, revision: 0, revisions: 1, original: "none", files: [], isChanged: true },
    found: [
      { kind: "github-token", count: 2 },
      { kind: "named", count: 1 },
    ],
    importedFrom: null,
  });
  expect(out).not.toContain(SECRET);
  expect(run(directory, "restore", ONE)).toMatchObject({ code: 0 });
  const shown = run(directory, "show", ONE).out;
  expect(shown).toContain("[redacted:github-token]");
  expect(shown).toContain("[redacted:named]");
  expect(run(directory, "redact", TWO)).toMatchObject({
    code: 0,
    out: "",
    err: `${TWO}: nothing was found.\n`,
  });
});

test("redact takes texts from standard input, and says what makes no sense", async () => {
  await save(ONE, null, ["first-secret and second-secret"]);
  const args = [COMMAND, "--store", directory, "redact", ONE, "--also-file", "-"];
  const { stdout } = spawnSync(process.execPath, args, {
    input: "first-secret\nsecond-secret\n",
    encoding: "utf8",
  });
  // The title that it was given by itself has them, too.
  expect(stdout).toBe("named  4\n");
  expect(run(directory, "redact", ONE, "--also", "abc")).toMatchObject({ code: 2 });
  expect(run(directory, "redact", ONE, "--also-file", "/nowhere")).toMatchObject({ code: 2 });
  expect(run(directory, "redact", "bbbb")).toMatchObject({ code: 3 });
  expect(runJson(directory, "redact", TWO)).toMatchObject({
    code: 3,
    json: { error: { code: "SESSION_NOT_FOUND" } },
  });
});

test.skipIf(!hasTerminal())("on a terminal redact says how much it would replace, and asks", async () => {
  await save(ONE, "Plans", ["a test of the test"]);
  const redact = (input: string, ...more: string[]): string =>
    inTerminal({ columns: 120, rows: 20, input }, directory, "redact", ONE, "--also", "test", ...more);
  const asked = redact("n\n");
  expect(asked).toContain(`Redact named 2 in 1 revision of ${ONE}? It cannot be taken back. [y/N]`);
  expect(asked).toContain("Nothing was changed.");
  expect(run(directory, "show", ONE).out).toContain("a test of the test");
  expect(redact("", "--yes")).not.toContain("[y/N]");
  expect(run(directory, "show", ONE).out).toContain("a [redacted:named] of the [redacted:named]");
});

test("doctor --secrets tells where secrets are, in the history and the trash too, and prints none", async () => {
  expect(run(directory, "doctor", "--secrets")).toMatchObject({
    code: 0,
    out: "0 sessions: 0 with secrets.\n",
  });
  await save(ONE, "Clean", [`my key: ${SECRET}`, "hello"]);
  await save(TWO, `use ${SECRET}`, ["db: postgres://app:Xk29-qqLm@db/x"]);
  expect(run(directory, "rewind", ONE, "--at", "0")).toMatchObject({ code: 0 });
  expect(run(directory, "rm", TWO)).toMatchObject({ code: 0 });
  const told = run(directory, "doctor", "--secrets");
  expect(told.code).toBe(5);
  expect(told.out).not.toContain(SECRET);
  expect(told.out).toContain("github-token: message 0 of revision 1\n");
  expect(told.out).toContain("github-token: field title of revision 1, in the trash\n");
  expect(told.out).toContain("password-in-url  1  (candidate: look yourself)\n");
  expect(told.out).toContain("2 sessions: 2 with secrets.\n");
  const { json, code } = runJson(directory, "doctor", "--secrets");
  expect(code).toBe(5);
  expect(json).toMatchObject({ looked: 2, definite: 2, unreadable: [] });
  expect(json.sessions).toHaveLength(2);
  expect(JSON.stringify(json)).not.toContain(SECRET);
  for (const id of [ONE, TWO]) expect(run(directory, "redact", id)).toMatchObject({ code: 0 });
  const after = run(directory, "doctor", "--secrets");
  expect(after).toMatchObject({ code: 0 });
  expect(after.out).toContain("2 sessions: 0 with secrets, 1 with candidates only.\n");
  expect(run(directory, "doctor", "--secrets", "--repair")).toMatchObject({ code: 2 });
});
