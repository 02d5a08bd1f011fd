import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import type { HeadChanges } from "../../session/head.ts";
import { frozenJson, jsonEquals, type Json, type JsonObject } from "../../session/json/json.ts";
import { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter, type Guarantee } from "../guarantee.ts";
import { append, create, positioned, stored } from "../samples.ts";

/** `[[[…]]]`, so many levels deep. */
function nested(levels: number): Json {
  let value: Json = "the bottom";
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { down: value };
  return value;
}

const texts = [
  "",
  " ",
  "\u0000\u0001\u001f\u007f",
  "\n\r\n\t\u2028\u2029",
  '{"looks":"like JSON"}\n"',
  "\ud800",
  "a\udc00b\ud83d",
  "\udc00\ud800",
  "👩‍👩‍👧‍👦 é e\u0301 عربى",
  "\ufeff\ufffe\uffff",
  "\\u0000 \\",
];

const numbers = [
  ...[0, -0, 1, -1, 0.1, 1 / 3, 5e-324, 1e308, -1e308, 1.7976931348623157e308, 1e21, 1e-7],
  ...[Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53, 2 ** 64, 123456789012345680000],
];

const keys = JSON.parse(
  '{"__proto__": {"polluted": true}, "constructor": 1, "toString": null, "": "empty", "\\ud800": "lone", ' +
    '"10": "ten", "2": "two", "length": 3, "role": "not the role", "a.b": 1, "$ref": "#", "__proto__ ": []}',
) as JsonObject;

const contents: Record<string, Json> = {
  "texts of every kind": texts,
  "numbers at the edges": numbers,
  "keys that mean something to JavaScript": keys,
  "empty arrays and objects": [[], {}, [[]], [{}], { a: [] }],
  "null and booleans": [null, true, false],
  "null alone": null,
  "a number alone": -0,
  "a value 10,000 levels deep": nested(10_000),
};

/** Commits by `write`, then compares what `expected` says, in this engine and in one that is opened afterwards. */
function comesBack(
  guarantee: Guarantee,
  persistent: boolean,
  sentence: string,
  write: (engine: StorageEngine) => Promise<SessionId>,
  expected: { messages: readonly Message[]; head?: HeadChanges },
): void {
  guarantee(sentence, async (engine, opened) => {
    const id = await write(engine);
    await check(engine, id);
    if (!persistent) return;
    const again = await reopen(opened, engine);
    await check(again, id);
    await again.checkpoint(id);
    await check(await reopen(opened, again), id);
  });

  async function check(engine: StorageEngine, id: SessionId): Promise<void> {
    const { messages, head } = await stored(engine, id);
    assert.equal(messages.length, expected.messages.length);
    for (const [position, message] of expected.messages.entries()) {
      assert.ok(jsonEquals(messages[position], message), `message ${position} differs`);
    }
    for (const { position, message } of await positioned(engine, id)) {
      assert.ok(
        jsonEquals(message, expected.messages[position]),
        `message ${position} differs when read alone`,
      );
    }
    for (const [field, value] of Object.entries(expected.head ?? {})) {
      assert.ok(jsonEquals(head[field as keyof HeadChanges], value), `${field} differs`);
    }
    assert.ok(!Object.hasOwn(Object.prototype, "polluted"));
  }
}

export const oddContent: Chapter = {
  title: "odd content",
  guarantees(guarantee, { capabilities: { persistent } }) {
    comesBack(
      guarantee,
      persistent,
      "a session without messages",
      async (engine) => (await create(engine)).id,
      {
        messages: [],
      },
    );

    for (const [name, content] of Object.entries(contents)) {
      const messages = [
        Message.from({ role: "user", content }),
        Message.from({ role: "tool", content: "beside", extension: content }),
      ];
      const write = async (engine: StorageEngine): Promise<SessionId> => {
        const { id } = await create(engine, messages.slice(0, 1));
        await append(engine, id, messages.slice(1));
        return id;
      };
      comesBack(guarantee, persistent, `${name}, in a message`, write, { messages });

      const json = frozenJson(content, "content");
      const head = { extra: { odd: json }, metadataExtra: { odd: json }, allowances: [json] };
      comesBack(
        guarantee,
        persistent,
        `${name}, in the head`,
        async (engine) => (await create(engine, [], head)).id,
        {
          messages: [],
          head,
        },
      );
    }

    const roles = ["", "__proto__", "\ud800", "a role of their own"].map((role) =>
      Message.from({ role, content: "" }),
    );
    comesBack(
      guarantee,
      persistent,
      "roles of any text",
      async (engine) => (await create(engine, roles)).id,
      {
        messages: roles,
      },
    );

    const [title, tag, systemPrompt] = [
      texts.join("|"),
      "\ud800 👩‍👩‍👧‍👦\n",
      `${texts.join("\n")}${"x".repeat(1_000_000)}`,
    ];
    const head = {
      title,
      tags: [tag, ""],
      systemPrompt,
      custom: JSON.parse('{"__proto__": "own", "": ""}') as Record<string, string>,
    };
    const write = async (engine: StorageEngine): Promise<SessionId> => {
      const { id } = await create(engine, [], { title: "before" });
      await engine.commit(id, { base: 1, set: head });
      return id;
    };
    comesBack(guarantee, persistent, "odd texts in title, tags, prompt and custom strings", write, {
      messages: [],
      head,
    });

    guarantee("odd titles are listed and found", async (engine) => {
      const { id } = await create(engine, [], { title, tags: [tag] });
      for (const query of [{}, { tag }, { titleMatches: "👩‍👩‍👧‍👦" }, { titleMatches: "\n" }]) {
        assert.deepEqual(
          (await engine.list(query)).sessions.map((summary) => [summary.id, summary.title]),
          [[id, title]],
        );
      }
    });
  },
};
