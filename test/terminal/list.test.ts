import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { base, directory, ONE, save, TWO } from "../cli/place.ts";
import { run } from "../cli/run.ts";
import { hasTerminal, Terminal } from "./terminal.ts";

const THREE = "cccc3333-0000-4000-8000-000000000000";
const TITLE =
  "日本語のとても長いタイトルと the quick brown fox jumps over the lazy dog, again and again and again";

describe.skipIf(!hasTerminal)("list in a terminal", () => {
  test.each([
    [140, "SESSION AGE AGENT PROJECT BRANCH PROMPTS TITLE"],
    [80, "SESSION AGE AGENT PROJECT PROMPTS TITLE"],
    [70, "SESSION AGE AGENT PROJECT TITLE"],
    [40, "SESSION AGE TITLE"],
    [30, "AGE TITLE"],
  ])("at %d columns nothing wraps, and what has no room is left out", async (columns, header) => {
    const project = join(base, "a-project-with-a-long-name");
    mkdirSync(join(project, ".git"), { recursive: true });
    writeFileSync(join(project, ".git", "HEAD"), "ref: refs/heads/a-branch-with-a-name\n");
    await save(ONE, TITLE, ["x"], {
      workspacePath: project,
      metadata: { title: TITLE, turnCount: 7, custom: { source: "claude-code" } },
    });
    await save(TWO, "Second", ["x"], { parentId: ONE });
    const terminal = Terminal.open(directory, { columns });
    terminal.type("astrid-sessions list --all; echo done", "Enter");
    const lines = await terminal.until((screen) => screen.includes("done"));
    const [first = "", ...rows] = lines.slice(lines.findIndex((line) => /AGE +/.test(line)));
    expect(first.trim().replace(/ +/g, " ")).toBe(header);
    expect(rows.slice(0, 3)).toEqual([
      expect.stringMatching(/↳ Second$/),
      expect.stringMatching(/日本語.*…$/),
      "done",
    ]);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
  });

  test("inside a project, its own sessions are listed, and it is said how to see the others; a pipe gets all", async () => {
    const project = join(base, "project");
    mkdirSync(join(project, ".git"), { recursive: true });
    await save(ONE, "Of the project", ["x"], { workspacePath: project });
    await save(TWO, "Of elsewhere", ["x"], { workspacePath: "/elsewhere" });
    const terminal = Terminal.open(directory, { columns: 80 }, {}, project);
    terminal.type("astrid-sessions list", "Enter");
    const own = await terminal.until("1 of this project; --all shows all.");
    expect(own.join("\n")).not.toContain("Of elsewhere");
    terminal.type("clear; astrid-sessions list --all; echo done", "Enter");
    expect((await terminal.until((lines) => lines.includes("done"))).join("\n")).toMatch(
      /Of elsewhere\n.*Of the project/,
    );
    terminal.type("clear; astrid-sessions list | cat; echo done", "Enter");
    expect((await terminal.until((lines) => lines.includes("done"))).join("\n")).toContain("Of elsewhere");
  });
});

test.skipIf(!hasTerminal)(
  "list says where it is the person's turn, as far as the session's end tells",
  async () => {
    const call = { type: "tool_use", id: "c1", name: "Bash", input: { command: "make" } };
    await using store = new SessionStore(directory);
    const ends: readonly (readonly [string, readonly Message[]])[] = [
      ["Answered", [Message.user("x"), Message.assistant("Done.")]],
      ["Asked", [Message.user("x"), Message.from({ role: "assistant", content: [call] })]],
      ["Unanswered", [Message.assistant("Hello"), Message.user("x")]],
    ];
    for (const [title, messages] of ends)
      await store.save(new AgentSession({ metadata: { title }, messages }));
    const held = new AgentSession({ metadata: { title: "Held" }, messages: [Message.assistant("Hm.")] });
    await store.save(held);
    const lease = await store.lease(held.id, { by: "me" });
    const old = new AgentSession({ metadata: { title: "Long ago" }, messages: [Message.assistant("Done.")] });
    await store.commit(old.id, {
      base: 0,
      at: "2026-01-01T00:00:00Z",
      set: { title: "Long ago" },
      splice: [0, 0, old.messages],
    });
    const terminal = Terminal.open(directory, { columns: 100 });
    terminal.type("astrid-sessions list; echo done", "Enter");
    const lines = await terminal.until((screen) => screen.includes("done"));
    const titles = lines.flatMap((line) => / astrid +(.*)$/.exec(line)?.[1] ?? []);
    expect(titles).toEqual([
      "[held by me] Held",
      "Unanswered",
      "[in a call] Asked",
      "[your turn] Answered",
      "Long ago",
    ]);
    await lease.release();
    expect(run(directory, "list").out).not.toContain("[your turn]");
  },
);

test("list --tree: sub-agents and forks stand under their session, the first one first", async () => {
  await save(ONE, "Parent", ["x"]);
  await save(TWO, "Agent", ["x"], { parentId: ONE });
  await save(THREE, "Fork", ["x"], { metadata: { title: "Fork", custom: { forked_from: `${ONE}@1` } } });
  await save("dddd4444-0000-4000-8000-000000000000", "Below", ["x"], { parentId: TWO });
  await save("eeee5555-0000-4000-8000-000000000000", "Orphan", ["x"], {
    parentId: "ffff6666-0000-4000-8000-000000000000",
  });
  const titles = run(directory, "list", "--tree")
    .out.split("\n")
    .map((line) => line.replace(/^\S+ +\S+ +astrid +/, ""));
  expect(titles.slice(1, 6)).toEqual(["Orphan", "Parent", "├─ Agent", "│  └─ Below", "└─ Fork"]);
});
