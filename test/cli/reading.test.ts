import { expect, test } from "vitest";
import { readingLines } from "../../src/cli/reading/conversation.ts";
import type { ReadingOptions } from "../../src/cli/reading/reading.ts";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { Message } from "../../src/index.ts";

const SESSION = { source: "claude-code", parentId: null, workspacePath: "/w" };

function read(messages: readonly unknown[], options: ReadingOptions = {}): string[] {
  const placed = messages.map((message, position) => ({ position, message: Message.from(message) }));
  return readingLines(placed, { session: SESSION, ...options }).map(({ text }) => text);
}

const call = (id: string, name: string, input: unknown): object => ({
  role: "assistant",
  content: [{ type: "tool_use", id, name, input }],
});
const result = (id: string, content: unknown, isError = false): object => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content, is_error: isError }],
});

test("who spoke has a name, a message its position, and the same speaker no second head", () => {
  const lines = read([
    { role: "user", content: "Why does login fail?" },
    { role: "assistant", content: "I look.", model: "opus" },
    { role: "assistant", content: "It does not." },
    { role: "user", content: "Thanks" },
  ]);
  expect(lines).toEqual([
    ...["", "You  #0", "  Why does login fail?"],
    ...["", "Claude  opus · #1", "  I look.", "", "  It does not."],
    ...["", "You  #3", "  Thanks"],
  ]);
  const asked = [{ role: "user", content: "Find it" }];
  expect(read(asked, { session: { ...SESSION, parentId: "x" as never } })[1]).toBe("Caller  #0");
});

test("Markdown is laid out, wrapped, and never broken by the width", () => {
  const text = [
    "# Title",
    "A **bold** word, `code`, and [a link](https://example.com/a/very/long/path/that/is/wider).",
    "- one two three four five six seven eight nine",
    "  1. inner",
    "",
    "```sh",
    "npm run a-very-long-script-name -- --with-a-long-option",
    "```",
    "",
    "| a | b |",
    "|---|---|",
    "| x | some words that need more than one line |",
    "",
    "> quoted",
  ].join("\n");
  const lines = read([{ role: "assistant", content: text }], { width: 40 }).slice(2);
  expect(lines).toEqual([
    "  # Title",
    "",
    "  A bold word, `code`, and a link",
    "  (https://example.com/a/very/long/path/that/is/wider).",
    "",
    "  • one two three four five six seven",
    "    eight nine",
    "    1. inner",
    "",
    "    npm run a-very-long-script-name -- --with-a-long-option",
    "",
    "  a  b",
    "  ─  ───────────────────────────────────",
    "  x  some words that need more than one",
    "     line",
    "",
    "  │ quoted",
  ]);
  const fitting = read([{ role: "assistant", content: text }], { width: 40, fits: true });
  expect(Math.max(...fitting.map(textWidth))).toBe(40);
  const coloured = read([{ role: "assistant", content: text }], { width: 40, colour: true });
  expect(coloured.join("\n")).toContain("\u001b[1mbold\u001b[0m");
});

test("a call is a line with the argument that tells it", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["Bash", { command: "npm test", description: "Run tests" }, "→ Bash npm test"],
    ["Bash", { command: "cat <<E\na\nE" }, "→ Bash cat <<E …"],
    ["shell", { command: ["bash", "-lc", "ls -l"], workdir: "/w" }, "→ shell ls -l"],
    ["Read", { file_path: "/w/src/a.ts", offset: 10, limit: 5 }, "→ Read src/a.ts lines 10–14"],
    ["Grep", { pattern: "foo", path: "/w/src", output_mode: "content" }, "→ Grep foo in src"],
    ["Grep", { pattern: "foo", path: "/w" }, "→ Grep foo"],
    ["Task", { description: "Find it", prompt: "…", subagent_type: "Explore" }, "→ Task Find it (Explore)"],
    [
      "TodoWrite",
      {
        todos: [
          { content: "a", status: "completed" },
          { content: "b", status: "in_progress" },
        ],
      },
      "→ TodoWrite 1 of 2 done: b",
    ],
    ["update_plan", { plan: [{ step: "a", status: "pending" }] }, "→ update_plan 0 of 1 done: a"],
    ["mcp__linear-server__get_issue", { id: "ENT-1" }, "→ linear-server get_issue ENT-1"],
    ["WebFetch", { url: "https://x.y", prompt: "p" }, "→ WebFetch https://x.y"],
    ["unheard_of", { colour: "red", size: 3 }, '→ unheard_of {"colour":"red","size":3}'],
    ["unheard_of", {}, "→ unheard_of"],
  ];
  for (const [name, input, line] of cases) expect(read([call("1", name, input)])[2]).toBe(`  ${line}`);
  const long = read([call("1", "Read", { file_path: `/x/${"directory/".repeat(20)}name.ts` })], {
    width: 40,
  });
  expect(long[2]).toMatch(/^ {2}→ Read ….*\/name\.ts$/);
});

test("edits are diffs, with a bound; patches too", () => {
  const edit = { file_path: "/w/a.ts", old_string: "one\ntwo\nthree", new_string: "one\n2\nthree" };
  expect(read([call("1", "Edit", edit), result("1", "The file has been updated.")]).slice(2)).toEqual([
    ...["  → Edit a.ts +1 −1", "        one", "      - two", "      + 2", "        three"],
  ]);
  // opencode's names.
  const named = { filePath: "/w/a.ts", oldString: "one", newString: "two" };
  expect(read([call("1", "edit", named)]).slice(2)).toEqual([
    ...["  → edit a.ts +1 −1", "      - one", "      + two"],
  ]);
  const patch = "*** Begin Patch\n*** Update File: a.ts\n@@ fn\n-x\n+y\n*** End Patch";
  expect(read([call("1", "apply_patch", { input: patch })]).slice(3)).toEqual([
    ...["      Update a.ts", "      fn", "      - x", "      + y"],
  ]);
  const written = { file_path: "/w/b.ts", content: "line\n".repeat(500) };
  const lines = read([call("1", "Write", written)]);
  expect(lines[2]).toBe("  → Write b.ts +500");
  expect(lines.at(-1)).toBe("      … 484 more lines");
});

test("answers are folded, stand below their call, and say so when they failed", () => {
  const lines = read([
    call("1", "Bash", { command: "seq" }),
    result("1", Array.from({ length: 216 }, (_, index) => String(index)).join("\n")),
    call("2", "Read", { file_path: "/w/a" }),
    call("3", "Bash", { command: "false" }),
    result("2", "a\nb\n\n<system-reminder>\nBe good.\n</system-reminder>"),
    result("3", "no such thing", true),
  ]);
  expect(lines.slice(2)).toEqual([
    ...["  → Bash seq", "      0", "      1", "      2", "      3", "      … 212 more lines"],
    ...["  → Read a", "  → Bash false", "  ← Read a", "      2 lines"],
    ...["  ← Bash false", "      ✗ no such thing"],
  ]);
  const codex = '{"output":"boom\\n","metadata":{"exit_code":2,"duration_seconds":0.1}}';
  expect(read([call("1", "shell", { command: ["x"] }), result("1", codex)]).at(-1)).toBe(
    "      ✗ exit code 2: boom",
  );
  expect(read([call("1", "Bash", { command: "x" }), result("1", "y")], { tools: "off" })).toEqual([]);
  const all = read([call("1", "Bash", { command: "x" }), result("1", "l\n".repeat(90))], { tools: "full" });
  expect(all.filter((line) => line === "      l")).toHaveLength(90);
});

test("noise is away unless it is asked for; a summary of what was before is marked", () => {
  const messages = [
    { role: "user", content: "Caveat: The messages below were generated by the user", meta: true },
    { role: "claude-code:progress", content: { type: "progress" } },
    { role: "user", content: "<command-name>/review</command-name><command-args>42</command-args>" },
    { role: "user", content: "<ide_opened_file>a.ts</ide_opened_file>Mend it" },
    {
      role: "user",
      content: "Earlier: much.",
      meta: true,
      compaction: { tokens_before: 155000, trigger: "auto" },
    },
  ];
  expect(read(messages)).toEqual([
    ...["", "You  #2", "  /review 42", "", "You  #3", "  Mend it", ""],
    "── compacted (155,000 tokens before, auto): from here on a summary stands for what is above ──  #4",
    "  Earlier: much.",
    ...["", "· 2 notes of programs left out (--notes shows them)"],
  ]);
  expect(read(messages, { notes: true }).join("\n")).toMatch(
    /Caveat:[^]*progress[^]*<command-name>[^]*ide_opened/,
  );
  expect(read(messages, { promptsOnly: true })).toEqual([
    ...["", "You  #2", "  /review 42", "", "You  #3", "  Mend it"],
  ]);
});

test("what a model thought is told apart, folded, and left out when it is not wanted", () => {
  const content = [
    { type: "thinking", thinking: "a\nb\nc\nd\ne\nf" },
    { type: "text", text: "Done." },
  ];
  expect(read([{ role: "assistant", content }]).slice(2)).toEqual([
    ...["  ✻ a", "    b", "    c", "    d", "    … 2 more lines", "", "  Done."],
  ]);
  expect(read([{ role: "assistant", content }], { thinking: false }).slice(2)).toEqual(["  Done."]);
});

test("images are a note", () => {
  const image = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "AAAA".repeat(4000) },
  };
  expect(read([{ role: "user", content: [{ type: "text", text: "See" }, image] }]).slice(2)).toEqual([
    ...["  See", "  [image/png] 12 kB"],
  ]);
});

test("nothing stored commands the terminal: colours are gone, a line drawn over has its last state", () => {
  const printed = "\u001b[32m✓\u001b[39m ok\u001b[K\n10%\r50%\r100%\r\n\u001b]0;title\u0007\u202egnp";
  const lines = read([call("1", "Bash", { command: "\u001b[2Jx" }), result("1", printed)], { colour: true });
  // eslint-disable-next-line no-control-regex
  expect(lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, "")).slice(2)).toEqual([
    ...["  → Bash ␛[2Jx", "      ✓ ok", "      100%", "      ␛]0;title␇\ufffdgnp"],
  ]);
  for (const role of ["user", "assistant", "system"]) {
    const text = read([{ role, content: "a\u001b[31mb\u001b[0m `\u001b]8;;x\u0007` \u009b2J" }]).join("\n");
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test("hostile texts are shown whole and at once", () => {
  const texts = [
    `${"> ".repeat(5000)}deep`,
    `${"- ".repeat(5000)}deep`,
    "**a_ ".repeat(20_000),
    "[a](".repeat(20_000),
    "`".repeat(30_000) + "x".repeat(10),
    Array.from({ length: 300 }, (_, index) => " ".repeat(2 * index) + "- deep").join("\n"),
    "x".repeat(3_000_000),
    "a b ".repeat(500_000),
    "| a ".repeat(3000) + "|\n" + "|---".repeat(3000) + "|\n" + "| b ".repeat(3000) + "|",
    "日本".repeat(100_000),
  ];
  for (const text of texts) {
    const whole = read([{ role: "assistant", content: text }], { width: 40, whole: true, fits: true });
    expect(Math.max(...whole.map(textWidth))).toBeLessThanOrEqual(40);
    if (text.includes("deep")) expect(whole.join("")).toContain("deep");
    for (const role of ["assistant", "user"]) {
      const short = read([{ role, content: text }, call("1", "Bash", { command: text }), result("1", text)], {
        width: 40,
      });
      expect(short.join("\n").length).toBeLessThan(100_000);
    }
  }
});
