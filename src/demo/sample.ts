import { seededRandom } from "./random.ts";

/** The turns of a conversation about a small change, told over and over with other files. */
const PROMPTS = [
  "The build fails on Windows since yesterday. Can you find out why?",
  "Please add a test for the empty file.",
  "Rename the option and keep the old name working.",
  "Why does the login page flash before it redirects?",
  "Zeig mir bitte, wo die Größe berechnet wird – 日本語のファイル名も? 🙂",
];
const FILES = ["src/parser.ts", "src/cli/list.ts", "lib/queue.js", "app/login/page.tsx", "tests/test_io.py"];
const WORDS =
  "the reader keeps its place when a line is cut and goes on behind it once more bytes have come".split(" ");

/**
 * A made-up transcript in Claude Code's form, always the same for the same seed: prompts, tool calls, results from a
 * few bytes to some tens of kilobytes, progress records.
 */
export function sampleTranscript(seed: number, turns: number): string {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const prose = (words: number): string => Array.from({ length: words }, () => pick(WORDS)).join(" ");
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const uuid = (): string => [hex(8), hex(4), `4${hex(3)}`, `8${hex(3)}`, hex(12)].join("-");

  const sessionId = uuid();
  const lines: string[] = [];
  let time = Date.parse("2026-01-05T09:00:00.000Z");
  let parentUuid: string | null = null;
  const add = (record: object): void => {
    time += Math.floor(200 + random() * 4000);
    const own = uuid();
    const common = {
      parentUuid,
      isSidechain: false,
      userType: "external",
      cwd: "/home/dev/project",
      sessionId,
    };
    const stamped = { ...common, version: "2.1.0", gitBranch: "main", ...record, uuid: own };
    lines.push(JSON.stringify({ ...stamped, timestamp: new Date(time).toISOString() }));
    parentUuid = own;
  };

  for (let turn = 0; turn < turns; turn++) {
    add({
      type: "user",
      message: { role: "user", content: turn < PROMPTS.length ? PROMPTS[turn] : pick(PROMPTS) },
    });
    for (let step = 0; step < 3; step++) {
      const id = `toolu_${hex(24)}`;
      const input = { file_path: `/home/dev/project/${pick(FILES)}` };
      const said = { type: "text", text: prose(12) };
      const call = { type: "tool_use", id, name: "Read", input };
      add({
        type: "assistant",
        message: { role: "assistant", model: "example-model-1", content: [said, call] },
      });
      if (random() < 0.3)
        add({ type: "progress", data: { type: "bash_progress", output: prose(8) }, toolUseID: id });
      // Most results are short; a few are long.
      const content = prose(Math.ceil(10 ** (1 + random() ** 2 * 2.8)));
      add({
        type: "user",
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] },
      });
    }
    const answer = [{ type: "text", text: prose(60) }];
    add({ type: "assistant", message: { role: "assistant", model: "example-model-1", content: answer } });
  }
  return `${lines.join("\n")}\n`;
}
