import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { Message } from "../../session/message.ts";
import type { Chapter } from "../guarantee.ts";
import { append, create, refusal } from "../samples.ts";

async function found(
  engine: StorageEngine,
  text: string,
  more: object = {},
): Promise<[string | null, number | undefined][]> {
  const hits = await engine.search({ text, ...more });
  return hits.map(({ title, position }) => [title, position]);
}

/** One message each. */
const TEXTS = [
  "call foo_bar.baz with --dry-run in src/engine/file.ts",
  "The quota error: 429 Too Many Requests",
  "quota is fine, no mistake here",
  "你好世界，今天天气很好",
  "日本語のテキスト検索",
  "한국어 검색 기능",
  "Ünïcödé naïve café",
  "mixed foo你好bar text",
  "const name = getUserProfileById(HTTPServer);",
  "what shenanigans in the Großstadt, all over the STRASSE",
  "ภาษาไทยไม่มีช่องว่างระหว่างคำ",
  "ພາສາລາວ and ភាសាខ្មែរ and မြန်မာဘာသာ",
  "हिन्दी भाषा में लिखा",
];

/** What is looked for, and which of the texts have it. */
const CASES: [string, number[]][] = [
  ["quota", [1, 2]],
  ["quota error", [1]],
  ['"quota error"', [1]],
  ['"error quota"', []],
  ["quo*", [1, 2]],
  ["foo_bar.baz", [0]],
  ["foo_bar", [0]],
  ["bar.baz foo", [0]],
  ["baz.foo", []],
  ["--dry-run", [0]],
  ["src/engine/file.ts", [0]],
  ["engine/fi*", [0]],
  ["世界", [3]],
  ["好世", [3]],
  ["界", [3]],
  ["天气很好", [3]],
  ["天好", []],
  ["テキスト", [4]],
  ["語のテ", [4]],
  ["검색", [5]],
  ["색", [5]],
  ["unicode CAFE", [6]],
  ["naïve", [6]],
  ["foo你好", [7]],
  ["你好bar", [7]],
  ["429", [1]],
  ["UserProfile", [8]],
  ["profile", [8]],
  ["server", [8]],
  ["serProf", []],
  ['"profile"', []],
  ["shenanigan", [9]],
  ['"shenanigan"', []],
  ["shenannigans", [9]],
  ["shenanigasn", [9]],
  ["shenanigs", []],
  ["grossstadt", [9]],
  ["GROẞSTADT straße", [9]],
  ["ไทยไม่", [10]],
  ["ช่องว่าง", [10]],
  ["ว่างช่อง", []],
  ["ລາວ", [11]],
  ["ខ្មែរ", [11]],
  ["မြန်မာ", [11]],
  ["हिन्दी", [12]],
  ["भाषा में", [12]],
  ["", []],
  ["*", []],
  ['"', []],
  ["- . /", []],
];

export const search: Chapter = {
  title: "search",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.search) {
      guarantee("an engine without a search refuses", async (engine) => {
        await create(engine, [Message.user("needle")]);
        await refusal(engine.search({ text: "needle" }), "NOT_SUPPORTED");
      });
      return;
    }

    guarantee(
      "messages are found as soon as they are stored, and no more once they are gone",
      async (engine) => {
        const { id } = await create(engine, [Message.user("hay"), Message.assistant("a needle here")], {
          title: "one",
        });
        await create(engine, [Message.user("more hay")], { title: "other" });
        assert.deepEqual(await found(engine, "needle"), [["one", 1]]);
        // Brought in from elsewhere: it counts as old, and is found all the same.
        await append(engine, id, [Message.user("another needle")], { at: "2020-02-02T02:02:02.000Z" });
        assert.deepEqual((await found(engine, "needle")).sort(), [
          ["one", 1],
          ["one", 2],
        ]);
        assert.deepEqual(await found(engine, "needle", { role: "user" }), [["one", 2]]);
        await engine.remove(id);
        assert.deepEqual(await found(engine, "needle"), []);
      },
    );

    guarantee(
      "words, phrases, beginnings, identifiers, paths and unspaced scripts are found",
      async (engine) => {
        await create(
          engine,
          TEXTS.map((text) => Message.user(text)),
          { title: "About parsers" },
        );
        for (const [text, positions] of CASES) {
          const hits = await engine.search({ text });
          assert.deepEqual(hits.map(({ position }) => position).sort(), positions, JSON.stringify(text));
          for (const { snippet, marks } of hits) assert.ok(marks.length > 0, `${text}: ${snippet}`);
        }
      },
    );

    guarantee(
      "words as they are come before words that go on and parts of identifiers; slips only where nothing else is found",
      async (engine) => {
        const texts = ["profiles", "a profile", "a prfoile", "myProfile"];
        await create(
          engine,
          texts.map((text) => Message.user(text)),
        );
        const positions = async (text: string, limit = 20): Promise<unknown[]> =>
          (await engine.search({ text, limit })).map(({ position }) => position);
        const [first, ...others] = await positions("profile");
        assert.equal(first, 1);
        assert.deepEqual(others.sort(), [0, 3]);
        assert.deepEqual(await positions("profile", 1), [1]);
        assert.deepEqual(await positions("profle"), [1]);
      },
    );

    guarantee("the order of many finds does not depend on how many are asked for", async (engine) => {
      for (let index = 0; index < 4; index++)
        await create(
          engine,
          Array.from({ length: 160 }, (_, at) =>
            Message.user(`lantern ${"and more ".repeat((at * 7) % 11)}${at}`),
          ),
        );
      const search = async (limit: number): Promise<string[]> =>
        (await engine.search({ text: "lantern", limit })).map(({ id, position }) => `${id} ${position}`);
      const all = await search(1000);
      assert.equal(new Set(all).size, 640);
      for (const limit of [1, 99, 450, 500, 501, 555, 640])
        assert.deepEqual(await search(limit), all.slice(0, limit));
    });

    guarantee("who speaks, and which tools are called, can be asked for", async (engine) => {
      const result = { type: "tool_result", tool_use_id: "1", content: "the needle is here" };
      const call = { type: "tool_use", id: "1", name: "Grep", input: { pattern: "needle" } };
      const messages = [
        Message.user("find the needle"),
        Message.from({ role: "assistant", content: [call] }),
        Message.from({ role: "user", content: [result] }),
        Message.assistant("the needle was found"),
      ];
      await create(engine, messages, { title: "needle" });
      const at = async (more: object): Promise<unknown[]> =>
        (await found(engine, "needle", more)).map(([, position]) => position).sort();
      assert.deepEqual(await at({ role: "user" }), [0]);
      assert.deepEqual(await at({ role: "tool" }), [2]);
      assert.deepEqual(await at({ role: "assistant" }), [1, 3]);
      assert.deepEqual(await at({ tool: "grep" }), [1]);
      assert.deepEqual(await at({ tool: "gre" }), []);
      const roles = (await engine.search({ text: "needle" })).map(({ position, role }) => [position, role]);
      assert.deepEqual(new Map(roles as [number, string][]).get(2), "tool");
    });

    guarantee("sessions can be narrowed by source, tag, directory and time", async (engine) => {
      const message = [Message.user("needle")];
      const custom = { source: "codex", note: '"source":"astrid"' };
      await create(engine, message, { title: "one", custom, tags: ["x"], workspacePath: "/home/a/Parser" });
      await create(engine, message, { title: "two", tags: ["y"], workspacePath: "C:\\work\\app" });
      const titles = async (more: object): Promise<unknown[]> =>
        (await found(engine, "needle", more)).map(([title]) => title).sort();
      assert.deepEqual(await titles({}), ["one", "two"]);
      assert.deepEqual(await titles({ source: "codex" }), ["one"]);
      assert.deepEqual(await titles({ source: "astrid" }), ["two"]);
      assert.deepEqual(await titles({ tag: "x" }), ["one"]);
      assert.deepEqual(await titles({ tag: "two" }), []);
      assert.deepEqual(await titles({ directory: "a/parser" }), ["one"]);
      assert.deepEqual(await titles({ directory: "work\\APP" }), ["two"]);
      assert.deepEqual(await titles({ until: "2020-01-01T00:00:00Z" }), []);
      assert.deepEqual(await titles({ since: "2020-01-01T00:00:00Z", until: "2999-01-01T00:00:00Z" }), [
        "one",
        "two",
      ]);
    });

    guarantee(
      "an emoji is no word: words are told apart by it, and it counts for nothing",
      async (engine) => {
        await create(engine, [Message.user("ship🎉it ❤️ today 👩🏽‍💻"), Message.user("ship it 1️⃣ 🫩")], {
          title: "t",
        });
        const cases: [string, number[]][] = [
          ["🎉", []],
          ["❤️ 👩🏽‍💻 🫩", []],
          ["ship 🎉", [0, 1]],
          ["today🎉", [0]],
          ['"it ❤️ today"', [0]],
          ['"ship it"', [0, 1]],
          ['"it today"', [0]],
          ["it 1️⃣", [1]],
        ];
        for (const [text, expected] of cases)
          assert.deepEqual(
            (await found(engine, text)).map(([, position]) => position).sort(),
            expected,
            text,
          );
      },
    );

    guarantee("a million digits or letters without a space are a text like any other", async (engine) => {
      // Work that grows with the square of the length would take hours.
      const runs = { quartz: "0123456789abcdef", velvet: "x", lantern: "Aa", meadow: "漢字", bonfire: "- " };
      for (const [word, run] of Object.entries(runs)) {
        await create(engine, [Message.user(`${word} ${run.repeat(Math.ceil(1e6 / run.length))}`)]);
        assert.deepEqual(await found(engine, word), [[null, 0]]);
        assert.deepEqual(await found(engine, `${word} nothing`), []);
      }
    });

    guarantee("all words must occur; no text is an error", async (engine) => {
      await create(engine, [Message.user("red green"), Message.user("green blue")], { title: "t" });
      assert.deepEqual(await found(engine, "green red"), [["t", 0]]);
      for (const text of ["", '"', "AND", "(", "*", "a:b", "\ud800", "\u0000"]) {
        assert.ok(Array.isArray(await engine.search({ text })), JSON.stringify(text));
      }
    });
  },
};
