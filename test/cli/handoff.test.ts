import { expect, test } from "vitest";
import { handoff } from "../../src/export.ts";
import { AgentSession, Message, SessionStore, type JsonObject } from "../../src/index.ts";
import { base, directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";

const TOKEN = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");

function called(id: string, name: string, input: JsonObject): Message {
  return { role: "assistant", content: [{ type: "tool_use", id, name, input }] };
}

function answered(id: string, content: string, isError = false): Message {
  return { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, is_error: isError }] };
}

/** A session with an edit, a plan, a failure, a call without an answer and a secret. */
async function worked(): Promise<void> {
  await using store = new SessionStore(directory);
  const edit = { file_path: `${base}/src/a.ts`, old_string: "one", new_string: "one\ntwo" };
  const todos = [
    { content: "write the parser", status: "completed" },
    { content: "test the parser", status: "in_progress" },
  ];
  const messages = [
    Message.user(`Parse dates. The token is ${TOKEN}.\n\`\`\`\`js\ncode\n\`\`\`\``),
    called("1", "Edit", edit),
    answered("1", "done"),
    called("2", "TodoWrite", { todos }),
    answered("2", "ok"),
    called("3", "Bash", { command: "npm test" }),
    answered("3", "1 failed", true),
    called("4", "Bash", { command: "npm run lint" }),
    answered("4", "no", true),
    called("5", "Bash", { command: "npm run lint" }),
    answered("5", "fine"),
    Message.assistant("The parser is written."),
    Message.user("Now the tests"),
    called("6", "Bash", { command: "sleep 100" }),
  ];
  await store.save(
    new AgentSession({ id: ONE, messages, workspacePath: base, metadata: { title: "Dates" } }),
  );
}

test("a brief tells what was asked and done, files, open ends and the last words, without secrets", async () => {
  await worked();
  const { code, out, err } = run(directory, "handoff", ONE, "--to", "codex");
  expect({ code, err }).toEqual({ code: 0, err: "1 secret replaced.\n" });
  expect(out).toContain("# Handoff: Dates\n");
  expect(out).toContain("A brief for Codex: what was begun with Astrid");
  expect(out).toContain(
    "First:\n\n`````\nParse dates. The token is [redacted:github-token].\n````js\ncode\n````\n`````",
  );
  expect(out).not.toContain(TOKEN);
  expect(out).toContain("6 calls of tools: Bash 4, Edit 1, TodoWrite 1.");
  expect(out).toContain("- `src/a.ts`: 1 change, +1 −0");
  expect(out).toContain("- failed, and was not repeated with success: `Bash npm test`: 1 failed");
  expect(out).not.toContain("npm run lint`");
  expect(out).toContain("- [x] write the parser\n- [ ] test the parser (begun)");
  expect(out).toContain("- called, and not answered: `Bash sleep 100`\n- the last prompt has no answer yet");
  expect(out).toContain("Answer to the first prompt:\n\n```\nThe parser is written.\n```");
  expect(out).toMatch(/Prompt, message 12:\n\n```\nNow the tests\n```\n$/);
});

test("as JSON, with what it is about", async () => {
  await worked();
  const { json } = runJson(directory, "handoff", "latest");
  expect(json).toMatchObject({ sessionId: ONE, from: "Astrid", secrets: 1 });
  expect(json["text"]).toContain("A brief for another agent");
});

test("what makes no sense is refused", async () => {
  await save(ONE, null, ["a"]);
  expect(run(directory, "handoff", ONE, "--to", "nobody")).toMatchObject({ code: 2, out: "" });
  expect(run(directory, "handoff", ONE, "--budget", "10")).toMatchObject({ code: 2, out: "" });
  expect(run(directory, "handoff", TWO)).toMatchObject({ code: 3, out: "" });
});

test("a session without a word has a brief too", async () => {
  await save(ONE, "Nothing", []);
  expect(run(directory, "handoff", ONE)).toMatchObject({ code: 0, err: "" });
});

/** Texts that could break a brief: long, fenced, combining, halves of pairs, commands for a terminal. */
const ODD = [
  "`".repeat(9000),
  `~~~\n${"```\n".repeat(3000)}`,
  "e\u0301".repeat(20_000),
  `\ud800${"😀".repeat(9000)}`,
  "\u001b[31mred\u001b]0;title\u0007\r\n".repeat(500),
  `# heading\n<b>${"x ".repeat(9000)}`,
  "",
];

test("never longer than its budget, every fence closed, whatever was said", async () => {
  await using store = new SessionStore(directory);
  for (const [index, odd] of ODD.entries()) {
    const id = `aaaa3333-0000-4000-8000-00000000000${index}`;
    const messages = Array.from({ length: 15 }, (_, at) => [
      Message.user(`${at} ${odd}`),
      called(`${at}`, odd.slice(0, 500), { file_path: `/${odd}${at}`, content: odd, command: odd }),
      answered(`${at}`, odd, at % 2 === 0),
      Message.assistant(`${odd} ${at}`),
    ]).flat();
    const metadata = { title: odd.slice(0, 5000) };
    await store.save(new AgentSession({ id, messages, metadata, workspacePath: `/${odd.slice(0, 3000)}` }));
    for (const budget of [3000, 12_001, 60_000]) {
      const { text } = await handoff(store, id, { budget });
      expect(text.length, `${index} in ${budget}`).toBeLessThanOrEqual(budget);
      expect(text.isWellFormed()).toBe(true);
      expect(openFences(text), `${index} in ${budget}`).toEqual([]);
      // eslint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    }
  }
});

/** Fences that are not closed: within one, a shorter run of backticks is text. */
function openFences(text: string): string[] {
  let open: string | undefined;
  for (const line of text.split("\n")) {
    const run = /^`{3,}/.exec(line)?.[0];
    if (run === undefined) continue;
    if (open === undefined) open = run;
    else if (run.length >= open.length && line.trim() === run) open = undefined;
  }
  return open === undefined ? [] : [open];
}
