import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { Json } from "../../src/session/json/json.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";
import { hasTerminal, inTerminal } from "./terminal.ts";

type Row = readonly [string, string, number, number, number, number, number];

/** A session with what an importer would have recorded of its tokens. */
async function save(
  directory: string,
  id: string,
  { rows = [], prompts = 0, ...rest }: { rows?: readonly Row[]; prompts?: number; [key: string]: unknown },
): Promise<void> {
  const {
    createdAt = "2026-01-10T10:00:00Z",
    source = "claude-code",
    parentId,
    custom = {},
    usage = {},
    workspacePath,
  } = rest;
  await using store = new SessionStore(directory);
  const head = {
    createdAt,
    turnCount: prompts,
    parentId: parentId ?? null,
    workspacePath: workspacePath ?? null,
    model: rows[0]?.[1] ?? null,
    custom: { source, ...(custom as object) } as Record<string, string>,
    extra:
      rows.length === 0 ? {} : ({ usage: { tokens: rows, ...(usage as object) } } as Record<string, Json>),
  };
  const messages = Array.from({ length: prompts }, (_, index) => Message.user(`question ${index}`));
  await store.commit(`${id}-0000-4000-8000-000000000000`, {
    base: 0,
    set: head as object,
    splice: [0, 0, messages],
  });
}

const A: Row = ["2026-01-10T10", "opus", 100, 20, 3000, 40, 0];
const B: Row = ["2026-01-11T10", "gpt", 7, 5, 0, 0, 2];

const statsOf = (directory: string, ...args: readonly string[]): Record<string, never> =>
  runJson(directory, "stats", ...args).json as never;

test("sessions, prompts and tokens by day, project, agent, model, session", async () => {
  const directory = temporaryDirectory();
  await save(directory, "aaaa1111", {
    rows: [A, B],
    prompts: 2,
    workspacePath: "/w/app",
    usage: { cost_usd: 1.5 },
  });
  await save(directory, "aaaa2222", {
    rows: [B],
    prompts: 1,
    source: "codex",
    createdAt: "2026-01-11T09:00:00Z",
  });
  await save(directory, "aaaa3333", { prompts: 3, source: "gemini" });
  const total = {
    ...{ sessions: 3, subagents: 0, prompts: 6, calls: 0, costRecorded: 1.5, costEstimated: null },
    ...{ input: 114, output: 30, cacheRead: 3000, cacheWrite: 40, reasoning: 4 },
  };
  const keys: Readonly<Record<string, readonly unknown[]>> = {
    day: ["2026-01-10", "2026-01-11"],
    month: ["2026-01"],
    project: ["/w/app", null],
    agent: ["Claude", "Codex", "Gemini"],
    model: ["opus", "gpt", null],
  };
  for (const [by, expected] of Object.entries(keys)) {
    const stats = statsOf(directory, "--by", by);
    expect(stats, by).toMatchObject({ by, total, withoutTokens: 1, unreadable: [] });
    const groups = stats["groups"] as unknown as readonly Record<string, number>[];
    expect(
      groups.map(({ key }) => key),
      by,
    ).toEqual(expected);
    for (const kind of ["sessions", "prompts", "input", "cacheRead"] as const)
      expect(
        groups.reduce((sum, group) => sum + (group[kind] ?? 0), 0),
        `${by} ${kind}`,
      ).toBe(total[kind]);
  }
  expect(statsOf(directory, "--since", "2026-01-11")).toMatchObject({
    total: { sessions: 1, prompts: 1, input: 14, cacheRead: 0 },
  });
  expect(statsOf(directory, "--until", "2026-01-11")).toMatchObject({ total: { sessions: 2, input: 100 } });
  const { out, err } = run(directory, "stats", "--by", "agent");
  expect(out).toMatch(/^AGENT +TOKENS +SESSIONS +PROMPTS/);
  expect(out).toMatch(/^Claude +3\.2k +█{20} +1 +2 .*\$1\.50$/m);
  expect(out).toMatch(/^Gemini +– +1 +3 +0 +– +– /m);
  expect(err).toContain("1 session recorded no tokens: what they took is not known.");
  expect(err).toContain("Recorded by agents themselves: $1.50; not every agent does.");
});

test("forks and sub-agents are counted once", async () => {
  const directory = temporaryDirectory();
  const child = "bbbb2222-0000-4000-8000-000000000000";
  const parent = "bbbb1111-0000-4000-8000-000000000000";
  const subagents = { [child]: [B], "bbbb9999-0000-4000-8000-000000000000": [B] };
  await save(directory, "bbbb1111", { rows: [A], prompts: 2, usage: { subagents } });
  await save(directory, "bbbb2222", { rows: [B], prompts: 1, parentId: parent });
  // An agent's fork has the first two prompts again, and its own tokens.
  await save(directory, "bbbb3333", {
    rows: [B],
    prompts: 3,
    custom: { forked_from: parent, taken_over: "2" },
  });
  {
    await using store = new SessionStore(directory);
    const fork = await store.fork(parent);
    fork.addMessage(Message.user("and on"));
    await store.save(fork);
  }
  expect(statsOf(directory)).toMatchObject({
    // The sub-agent that has no session is counted from its parent's record.
    total: { sessions: 4, subagents: 1, prompts: 2 + 1 + 1, input: 100 + 7 + 7 + 7, output: 20 + 15 },
    withoutTokens: 0,
  });
});

test("a fork of a part takes over no more prompts and calls than it has", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const call = (id: string): Message => Message.toolCalls([{ id, name: "ls", arguments: {} }]);
  const messages = [Message.user("one"), call("1"), Message.user("two"), call("2")];
  const session = new AgentSession({ messages });
  session.metadata.turnCount = 2;
  session.metadata.toolCallCount = 2;
  await store.save(session);
  for (const position of [0, 1, 2, 4]) await store.fork(session.id, { position });
  expect(statsOf(directory)).toMatchObject({ total: { sessions: 5, prompts: 2, calls: 2 } });
});

test("a session without times is counted, and so is one that keeps no counts", async () => {
  const directory = temporaryDirectory();
  await save(directory, "cccc1111", { rows: [["", "opus", 5, 5, 0, 0, 0]], prompts: 1 });
  await using store = new SessionStore(directory);
  const calls = Message.toolCalls([{ id: "1", name: "ls", arguments: {} }]);
  await store.save(new AgentSession({ messages: [Message.user("Hello"), calls] }));
  const stats = statsOf(directory);
  expect(stats).toMatchObject({ total: { sessions: 2, prompts: 2, calls: 1, input: 5 }, withoutTokens: 1 });
  expect(run(directory, "stats").out).toMatch(/^\(no time\) +10 /m);
});

test("--prices estimates, and says what it does not cover; never nothing for something", async () => {
  const directory = temporaryDirectory();
  const file = join(temporaryDirectory(), "prices.json");
  await save(directory, "dddd1111", {
    rows: [["2026-01-10T10", "opus", 1_000_000, 1_000_000, 1_000_000, 0, 0], B],
  });
  const opus = { input_cost_per_token: 5e-6, output_cost_per_token: 25e-6 };
  writeFileSync(file, JSON.stringify({ sample_spec: {}, "anthropic/opus": opus }));
  expect(statsOf(directory, "--prices", file)).toMatchObject({
    total: { costEstimated: 30, tokensUnpriced: 1_000_012, costRecorded: null },
    unpriced: [
      { model: "opus", tokens: 1_000_000 },
      { model: "gpt", tokens: 12 },
    ],
  });
  const { out, err } = run(directory, "stats", "--by", "model", "--prices", file);
  expect(out).toMatch(/^opus .*\$30\.00 \+\?$/m);
  expect(out).toMatch(/^gpt .* \?$/m);
  expect(err).toContain("Estimated by the list of prices: $30.00, for 66 % of the tokens");
  expect(err).toContain("Unpriced: 2 models, 1.0M tokens: opus 1.0M, gpt 12.");
  writeFileSync(file, JSON.stringify({ other: opus }));
  const none = run(directory, "stats", "--prices", file);
  expect(none.out + none.err).not.toContain("$0");
  expect(none.err).toContain("No estimate: the list has no price for any of these tokens.");
  for (const wrong of ["[]", "{}", "no JSON"]) {
    writeFileSync(file, wrong);
    expect(run(directory, "stats", "--prices", file)).toMatchObject({ code: 2, out: "" });
  }
  expect(run(directory, "stats", "--prices", `${file}.gone`)).toMatchObject({ code: 2, out: "" });
});

test("what a sub-agent took counts where only its parent's file tells it", () => {
  const [directory, files] = [temporaryDirectory(), temporaryDirectory()];
  const sessionId = "abcd1111-0000-4000-8000-000000000000";
  const answer = (id: string, output: number): object => ({
    ...{
      type: "assistant",
      requestId: `req_${id}`,
      timestamp: "2026-01-10T10:00:01Z",
      uuid: `u-${id}-${output}`,
    },
    message: {
      id,
      role: "assistant",
      model: "opus",
      content: [],
      usage: { input_tokens: 2, output_tokens: output },
    },
  });
  const progress = (output: number): object => ({
    ...{
      type: "progress",
      sessionId,
      uuid: `p-${output}`,
      parentUuid: "a",
      timestamp: "2026-01-10T10:00:01Z",
    },
    data: { type: "agent_progress", agentId: "a1", message: answer("msg_2", output) },
  });
  const rows = [
    {
      type: "user",
      sessionId,
      uuid: "a",
      parentUuid: null,
      timestamp: "2026-01-10T10:00:00Z",
      message: { role: "user", content: "Go" },
    },
    { ...answer("msg_1", 10), sessionId, parentUuid: "a" },
    progress(1),
    progress(7),
  ];
  writeFileSync(join(files, `${sessionId}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  expect(run(directory, "import", files).code).toBe(0);
  expect(statsOf(directory, "--by", "model")).toMatchObject({
    groups: [{ key: "opus", input: 4, output: 17, sessions: 1 }],
  });
});

test("an empty store, a session that cannot be read, a wrong option", async () => {
  const directory = temporaryDirectory();
  const none = `No sessions in ${directory}. "astrid-sessions sync" finds what your agents recorded, and brings it in.\n`;
  expect(run(directory, "stats")).toMatchObject({ code: 0, out: "", err: none });
  expect(run(directory, "list")).toMatchObject({ code: 0, out: "", err: none });
  await save(directory, "eeee1111", { rows: [A] });
  for (const wrong of [
    ["--by", "moon"],
    ["--since", "then"],
    ["--limit", "0"],
  ])
    expect(run(directory, "stats", ...wrong), wrong.join(" ")).toMatchObject({ code: 2, out: "" });
});

test.runIf(hasTerminal()).for([40, 80, 140])(
  "on a terminal of %i columns no line is wider",
  async (columns) => {
    const directory = temporaryDirectory();
    await save(directory, "ffff1111", {
      rows: [A, B],
      prompts: 2,
      workspacePath: `/w/${"long/".repeat(20)}`,
    });
    await save(directory, "ffff2222", { rows: [B], prompts: 2, workspacePath: "/w/日本語" });
    const out = inTerminal({ columns, rows: 50 }, directory, "stats", "--by", "project");
    // eslint-disable-next-line no-control-regex
    const lines = out.replace(/\u001b\[[\d;]*m/g, "").split(/\r?\n/);
    const table = lines.slice(0, lines.findIndex((line) => line.startsWith("total")) + 1);
    expect(table).toHaveLength(4);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(columns);
  },
);

const TRANSCRIPTS =
  process.env["SHARED_TRANSCRIPTS"] ?? join(import.meta.dirname, "../../../shared/transcripts");

/** Tokens of Claude Code's files, read without the importer's means: sub-agents' progress too. */
function claudeTokens(folder: string): number[] {
  const totals = new Map<string, number[]>();
  for (const name of readdirSync(folder))
    for (const line of readFileSync(join(folder, name), "utf8").split("\n")) {
      let row;
      try {
        row = JSON.parse(line);
      } catch {
        continue;
      }
      const answer = row.type === "progress" ? row.data?.message : row;
      const usage = answer?.type === "assistant" ? answer.message?.usage : undefined;
      if (usage === undefined || answer.message.model === "<synthetic>") continue;
      const {
        input_tokens: a,
        output_tokens: b,
        cache_read_input_tokens: c,
        cache_creation_input_tokens: d,
      } = usage;
      totals.set(
        `${answer.message.id} ${answer.requestId}`,
        [a, b, c, d].map((count) => Number(count ?? 0)),
      );
    }
  return [0, 1, 2, 3].map((kind) =>
    [...totals.values()].reduce((sum, counts) => sum + (counts[kind] ?? 0), 0),
  );
}

test.skipIf(!existsSync(TRANSCRIPTS))(
  "REAL TRANSCRIPTS (skipped where ../shared/transcripts is missing): tokens as an independent reading has them",
  () => {
    const directory = temporaryDirectory();
    const [claude, codex] = [join(TRANSCRIPTS, "claude-code"), join(TRANSCRIPTS, "codex")];
    run(directory, "import", claude, codex);
    const groups = statsOf(directory, "--by", "agent")["groups"] as unknown as readonly Record<
      string,
      number
    >[];
    const found = (agent: unknown): number[] => {
      const group = groups.find(({ key }) => key === agent);
      return ["input", "output", "cacheRead", "cacheWrite"].map((kind) => group?.[kind] ?? 0);
    };
    expect(found("Claude")).toEqual(claudeTokens(claude));
    // The last running total is what a rollout came to.
    const told = readdirSync(codex).map((name) => {
      const totals = readFileSync(join(codex, name), "utf8").match(/"total_token_usage":\{[^}]*\}/g) ?? [];
      const last = (JSON.parse(`{${totals.at(-1) ?? ""}}`) as { total_token_usage: Record<string, number> })
        .total_token_usage;
      const of = (key: string): number => last[key] ?? 0;
      return [
        of("input_tokens") - of("cached_input_tokens"),
        of("output_tokens"),
        of("cached_input_tokens"),
        0,
      ];
    });
    expect(found("Codex")).toEqual(
      [0, 1, 2, 3].map((kind) => told.reduce((sum, one) => sum + (one[kind] ?? 0), 0)),
    );
  },
);
