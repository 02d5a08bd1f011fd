import fc from "fast-check";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SearchHit, StorageEngine } from "../../src/engine/contract.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { MemoryEngine } from "../../src/engine/memory/memory-engine.ts";
import { matchesIn, phrasesOf } from "../../src/engine/search/search-query.ts";
import { snippetOf } from "../../src/engine/search/search-snippet.ts";
import { searchableText } from "../../src/engine/search/search-text.ts";
import { spaced, tokensOf } from "../../src/engine/search/search-tokens.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { temporaryDirectory } from "../index/temporary-directory.ts";

function engines(): [string, StorageEngine][] {
  const directory = temporaryDirectory();
  const file = new FileEngine(join(directory.path, "s"));
  onTestFinished(async () => {
    await file.close();
    directory[Symbol.dispose]();
  });
  return [
    ["file", file],
    ["memory", new MemoryEngine()],
  ];
}

async function session(engine: StorageEngine, ...messages: Message[]): Promise<SessionId> {
  const id = newSessionId();
  await engine.commit(id, { base: 0, splice: [0, 0, messages], set: { title: "About parsers" } });
  return id;
}

describe.each(["file", "memory"])("%s engine", (name) => {
  test("tool calls, results, reasoning and titles are looked through; images and base64 are not", async () => {
    const engine = new Map(engines()).get(name) as StorageEngine;
    const blob = "QUJD".repeat(200);
    await session(
      engine,
      Message.toolCalls([
        { id: "1", name: "fs:read_file", arguments: { path: "/etc/hosts", deep: [{ why: "curiosity" }] } },
      ]),
      Message.toolResult({ callId: "1", content: `localhost 127.0.0.1 ${blob}` }),
      Message.parts("user", [
        { type: "text", text: "see picture" },
        { type: "image", data: blob, media_type: "image/png" },
      ]),
      Message.from({
        role: "assistant",
        content: [
          { type: "thinking", thinking: "pondering" },
          { type: "tool_use", id: "2", name: "Bash", input: { command: "rg needle" } },
        ],
      }),
      Message.from({
        role: "assistant",
        content: "",
        tool_calls: [
          { id: "3", type: "function", function: { name: "lookup", arguments: '{"city":"Oslo"}' } },
        ],
      }),
    );
    const at = async (text: string): Promise<unknown[]> =>
      (await engine.search({ text })).map(({ position }) => position);
    expect(await at("read_file")).toEqual([0]);
    expect(await at("curiosity")).toEqual([0]);
    expect(await at("localhost")).toEqual([1]);
    expect(await at("picture")).toEqual([2]);
    expect(await at("pondering")).toEqual([3]);
    expect(await at("rg needle")).toEqual([3]);
    expect(await at("oslo")).toEqual([4]);
    expect(await at("parsers")).toEqual([undefined]);
    expect(await at(blob)).toEqual([]);
    expect((await engine.search({ text: "needle", role: "user" })).length).toBe(0);
  });

  test("what was spliced away is not found, what moved is found where it is", async () => {
    const engine = new Map(engines()).get(name) as StorageEngine;
    const id = await session(
      engine,
      ...["one alpha", "two beta", "three gamma", "four delta"].map((one) => Message.user(one)),
    );
    expect((await engine.search({ text: "gamma" }))[0]?.position).toBe(2);
    await engine.commit(id, { base: 1, splice: [0, 2, [Message.user("summary epsilon")]] });
    expect(await engine.search({ text: "alpha" })).toEqual([]);
    const [hit] = await engine.search({ text: "gamma" });
    expect(hit).toMatchObject({ position: 1, snippet: "three gamma", marks: [[6, 11]] });
    await engine.commit(id, { base: 2, set: { title: "Renamed wholly" } });
    expect(await engine.search({ text: "parsers" })).toEqual([]);
    expect(await engine.search({ text: "wholly" })).toHaveLength(1);
    await engine.remove(id);
    expect(await engine.search({ text: "gamma" })).toEqual([]);
  });

  test("no text breaks the query, and marks lie within the snippet", async () => {
    const engine = new Map(engines()).get(name) as StorageEngine;
    await session(
      engine,
      ...["call foo_bar.baz with --dry-run in src/a.ts", "你好世界", "naïve café"].map((one) =>
        Message.user(one),
      ),
    );
    const syntax = fc.constantFrom(
      '"',
      "*",
      "(",
      ")",
      "AND",
      "OR",
      "NOT",
      "NEAR(",
      "^",
      ":",
      "{",
      "}",
      "+",
      "-",
      "\0",
      "'",
      ";",
      "quota",
      "foo_bar",
      "好",
      "\ud800",
      " ",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(syntax).map((parts) => parts.join("")),
        ),
        async (text) => {
          for (const { snippet, marks } of await engine.search({ text })) {
            for (const [start, end] of marks)
              expect(start >= 0 && start < end && end <= snippet.length).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("both engines find the same", async () => {
  const word = fc.constantFrom(
    "foo",
    "bar",
    "foo_bar",
    "--flag",
    "é",
    "世界",
    "好",
    "世界好",
    "ab",
    "a",
    "B*",
    '"foo bar"',
    "x.y",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(word, { maxLength: 5 }).map((words) => words.join(" ")),
        { minLength: 1, maxLength: 6 },
      ),
      fc.array(
        fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")),
        { minLength: 1, maxLength: 4 },
      ),
      async (texts, queries) => {
        const directory = temporaryDirectory();
        const file = new FileEngine(join(directory.path, "s"));
        const memory = new MemoryEngine();
        for (const engine of [file, memory]) await session(engine, ...texts.map((one) => Message.user(one)));
        const positions = (hits: SearchHit[]): unknown[] => hits.map(({ position }) => position).sort();
        for (const text of queries) {
          expect(positions(await file.search({ text })), text).toEqual(
            positions(await memory.search({ text })),
          );
        }
        await file.close();
        directory[Symbol.dispose]();
      },
    ),
    { numRuns: 40 },
  );
});

test("of more finds than are ranked, all are found when they are asked for", async () => {
  const [[, engine]] = engines() as [[string, StorageEngine]];
  const count = 700;
  await session(engine, ...Array.from({ length: count }, (_, at) => Message.user(`common ${at}`)));
  const positions = async (limit: number): Promise<unknown[]> =>
    (await engine.search({ text: "common", role: "user", limit })).map(({ position }) => position);
  expect(new Set(await positions(count + 1)).size).toBe(count);
  expect(await positions(20)).toHaveLength(20);
  // The last ones are among those that are ranked.
  expect(await engine.search({ text: `common ${count - 1}` })).toHaveLength(1);
  expect(await positions(600)).toContain(count - 1);
  expect(await positions(600)).not.toContain(0);
});

test("an index that is built anew takes the sessions in as they were stored: the last ones are ranked", async () => {
  const directory = temporaryDirectory();
  const path = join(directory.path, "s");
  const writer = new FileEngine(path);
  await session(writer, ...Array.from({ length: 600 }, (_, n) => Message.user(`common ${n}`)));
  const last = await session(writer, Message.user("common"));
  await writer.close();
  for (const name of readdirSync(path)) if (name.startsWith("index.sqlite")) rmSync(join(path, name));
  const engine = new FileEngine(path);
  onTestFinished(async () => {
    await engine.close();
    directory[Symbol.dispose]();
  });
  expect((await engine.search({ text: "common", limit: 5 })).map(({ id }) => id)).toContain(last);
});

test("a snippet marks each find within it, and shows one wherever in the text it is", () => {
  const piece = fc.constantFrom(
    ...["foo", "Foo", "foobar", "bar", "café", "cafe", "CAFÉ", "世界", "世", "界世", "é", "𠮷野", "𐐷"],
    ...[" ", " ", "_", ".", "\n", "x".repeat(150), " y".repeat(60), "́"],
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
      fc.constantFrom(
        "foo",
        "foo*",
        "cafe",
        '"foo bar"',
        "foo bar",
        "世界",
        "世",
        "é",
        "foo_bar",
        "𐐷",
        "𠮷野",
      ),
      (text, query) => {
        const phrases = phrasesOf(query);
        const { snippet, marks } = snippetOf(text, phrases);
        const wanted = matchesIn(text, phrases);
        // What is too long for a snippet is not marked.
        if (wanted.some(({ start, end }) => end - start > 100)) return;
        expect(marks.length > 0, `${query} in ${JSON.stringify(text)}`).toBe(wanted.length > 0);
        if (snippet.includes("…")) return;
        const marked = new Set(marks.flatMap(([start, end]) => range(start, end)));
        expect(marked).toEqual(new Set(wanted.flatMap(({ start, end }) => range(start, end))));
      },
    ),
    { numRuns: 2000 },
  );
});

test("the end of a word that the snippet cuts off is no find", () => {
  const text = `${"x".repeat(10)}foo.${"y".repeat(35)}.foo`;
  const { snippet, marks } = snippetOf(text, phrasesOf("foo"));
  expect(snippet).toMatch(/^…foo\./);
  expect(marks).toEqual([[snippet.length - 3, snippet.length]]);
});

test("runs that look like base64 are left out, whole and wherever they stand", () => {
  const run = fc.integer({ min: 395, max: 405 }).map((length) => "aB3/".repeat(102).slice(0, length));
  const piece = fc.oneof(run, run, fc.constantFrom(" ", "\n", "é", "a", "word ", "x".repeat(1200)));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      expect(searchableText(Message.user(text))).toBe(text.replace(/[A-Za-z0-9+/_=-]{400,}/g, "…"));
    }),
    { numRuns: 1000 },
  );
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

test("a query's words are those of a text", () => {
  expect(Array.from(tokensOf("foo_bar.Baz 你好世"), ({ word }) => word)).toEqual([
    "foo",
    "bar",
    "baz",
    "你好",
    "好世",
    "世",
  ]);
  expect(spaced("a你好b")).toBe("a 你好 好 b");
  expect(phrasesOf('a_b "c d"* 你')).toEqual([
    { words: ["a", "b"], prefix: false },
    { words: ["c", "d"], prefix: true, quoted: true },
    { words: ["你"], prefix: true },
  ]);
});
