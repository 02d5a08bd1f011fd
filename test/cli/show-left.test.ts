import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { A, Script, text } from "../importers/claude-script.ts";
import { base, directory, ONE } from "./place.ts";
import { run } from "./run.ts";

/** From the first prompt on, without empty lines, times and places. */
function shown(out: string): string[] {
  const lines = out.split("\n").filter((line) => line.trim() !== "" && line !== "╎");
  return lines
    .slice(lines.findIndex((line) => /^(You|── left|── what)/.test(line)))
    .map((line) => line.replace(/ {2}[^ ].*#\d+$| {2}#\d+$/, ""));
}

test("show marks what an imported session left, and --branches shows it where it was left", () => {
  const script = new Script()
    .user("one")
    .answer("a1", text("first"))
    .user("wrong way")
    .answer("a2", text("bad"));
  script.user("right way", { parentUuid: script.uuid(2) }).answer("a3", text("good"));
  const file = join(base, `${A}.jsonl`);
  writeFileSync(file, script.records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  expect(run(directory, "import", file).code).toBe(0);
  expect(shown(run(directory, "show", A).out)).toEqual([
    "You",
    "  one",
    "Claude",
    "  first",
    "── what was said here was left by going back (--branches shows it) ──",
    expect.stringMatching(/^── \d{4}-\d\d-\d\d ──$/),
    "You",
    "  right way",
    "Claude",
    "  good",
  ]);
  const out = shown(run(directory, "show", A, "--branches").out);
  expect(out.slice(4)).toEqual([
    "── left by going back: 2 messages ──",
    expect.stringMatching(/^╎ ── \d{4}/),
    "╎ You",
    "╎   wrong way",
    "╎ Claude",
    "╎   bad",
    "── the conversation goes on here ──",
    expect.stringMatching(/^── \d{4}/),
    "You",
    "  right way",
    "Claude",
    "  good",
  ]);
  const json = run(directory, "show", A, "--all", "--branches", "--json").out.trimEnd().split("\n");
  expect(JSON.parse(json.at(-1) ?? "")).toMatchObject({
    left: { position: 2, messages: [{ role: "user", content: "wrong way" }, { role: "assistant" }] },
  });
  // What was typed, and raw messages, have no marks between.
  expect(run(directory, "show", A, "--prompts").out).not.toContain("left");
  expect(run(directory, "show", A, "--raw").out).not.toContain("left");
});

test("show marks where a session was taken back and compacted here", async () => {
  await using store = new SessionStore(directory);
  const messages = ["one", "two", "three"].map((said) => Message.user(said));
  await store.save(new AgentSession({ id: ONE, messages }));
  await store.rewind(ONE, { position: 2 });
  await store.append(ONE, [Message.user("four")]);
  await store.compact(ONE, { summary: "They counted.", keepRecent: 1 });
  const { out } = run(directory, "show", ONE);
  expect(shown(out)).toEqual([
    "You",
    "  one",
    "You",
    "  two",
    "── what was said here was left by going back (--branches shows it) ──",
    expect.stringMatching(/^── compacted: for the model a summary stands for the \d messages above ──$/),
    "  They counted.",
    "You",
    "  four",
  ]);
  expect(run(directory, "show", ONE, "--branches").out).toContain("╎   three");
  // A fork is not told what its session left: those revisions are not its own.
  const fork = await store.fork(ONE);
  expect(run(directory, "show", fork.id, "--branches").out).not.toContain("left by going back");
});
