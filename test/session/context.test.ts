import { describe, expect, test } from "vitest";
import { contextOf } from "../../src/session/context/context.ts";
import { pairingOf, seamsOf } from "../../src/session/context/pairs.ts";
import { Message } from "../../src/session/message.ts";
import { projectMessage } from "../../src/session/projection/project-message.ts";
import { seededRandom } from "../../src/demo/random.ts";

const call = (...ids: string[]): Message =>
  Message.toolCalls(ids.map((id) => ({ id, name: `tool-${id}`, arguments: {} })));
const result = (callId: string): Message => Message.toolResult({ callId, content: `of ${callId}` });
const one = (): number => 1;
const context = (messages: readonly Message[], maxTokens?: number): readonly Message[] =>
  contextOf(messages, undefined, one, { maxTokens });

describe("calls and results", () => {
  test("are paired by id, whatever comes between", () => {
    const { pairs, unpaired } = pairingOf([call("a", "b"), result("b"), Message.user("x"), result("a")]);
    expect(pairs).toEqual([
      { call: 0, result: 1 },
      { call: 0, result: 3 },
    ]);
    expect(unpaired).toEqual([]);
  });

  test("an id may come again; a result before its call is none of it", () => {
    const { pairs, unpaired } = pairingOf([result("a"), call("a"), result("a"), call("a")]);
    expect(pairs).toEqual([{ call: 1, result: 2 }]);
    expect(unpaired.map(({ kind, position }) => [kind, position])).toEqual([
      ["result", 0],
      ["call", 3],
    ]);
  });

  test("a seam parts no pair", () => {
    const messages = [Message.user("x"), call("a"), call("b"), result("a"), result("b"), Message.user("y")];
    expect(seamsOf(messages.length, pairingOf(messages).pairs)).toEqual([
      ...[true, true, false, false, false, true, true],
    ]);
  });
});

describe("what a model is sent", () => {
  test("neither a call without its result nor a result without its call", () => {
    const messages = [
      result("gone"),
      Message.user("go"),
      call("a", "open"),
      result("a"),
      call("also-open"),
      Message.from({ role: "note:progress", content: { text: "half" } }),
    ];
    expect(context(messages)).toEqual([Message.user("go"), call("a"), result("a")]);
  });

  test("in Anthropic's, OpenAI's and the AI SDK's forms", () => {
    const anthropic = Message.from({
      role: "assistant",
      content: [
        { type: "text", text: "I look" },
        { type: "tool_use", id: "open", name: "read", input: {} },
      ],
    });
    expect(context([Message.user("x"), anthropic])[1]?.content).toEqual([{ type: "text", text: "I look" }]);
    const openai = Message.from({
      role: "assistant",
      content: "I look",
      tool_calls: [
        { id: "a", type: "function", function: { name: "read", arguments: "{}" } },
        { id: "open", type: "function", function: { name: "read", arguments: "{}" } },
      ],
    });
    const answer = Message.from({ role: "tool", tool_call_id: "a", content: "found" });
    const sent = context([openai, answer]);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatchObject({ content: "I look", tool_calls: [{ id: "a" }] });
    expect(sent[0]?.["tool_calls"]).toHaveLength(1);
  });

  test("with a bound: from where a person speaks, and the last turn in any case", () => {
    const messages = [
      Message.system("rules"),
      Message.user("1"),
      Message.assistant("2"),
      Message.user("3"),
      call("a"),
      result("a"),
      Message.assistant("4"),
    ];
    expect(context(messages, 100)).toEqual(messages);
    expect(context(messages, 6)).toEqual([messages[0], ...messages.slice(3)]);
    expect(context(messages, 2)).toEqual([messages[0], ...messages.slice(3)]);
    const unspoken = messages.slice(4);
    expect(context(unspoken, 2)).toEqual([messages[6]]);
    expect(() => context(messages, 0)).toThrow("maxTokens must be above 0");
  });

  test("by chance: every call has its result, in order, and nothing else is missing", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const below = (count: number): number => Math.floor(random() * count);
      const ids = ["a", "b", "c"];
      const messages = Array.from({ length: below(14) }, (_, index) => {
        const id = ids[below(ids.length)] ?? "";
        return [Message.user(`u${index}`), Message.assistant(`t${index}`), call(id), result(id)][
          below(4)
        ] as Message;
      });
      const max = below(3) === 0 ? undefined : 1 + below(8);
      const sent = context(messages, max);
      expect(pairingOf(sent).unpaired, `seed ${seed}`).toEqual([]);
      if (max !== undefined) continue;
      const texts = (all: readonly Message[]): string[] =>
        all
          .map((message) => projectMessage(message))
          .flatMap(({ role, text }) => (role === "tool" ? [] : text || []));
      expect(texts(sent), `seed ${seed}`).toEqual(texts(messages));
    }
  });

  test("an agent's own summary stands for what it says, and what came before stays out", () => {
    const mark = (fields: object): Message =>
      Message.from({ role: "user", content: "summary", meta: true, compaction: { ...fields } });
    const texts = (messages: readonly Message[]): unknown[] =>
      context(messages).map(({ content }) => content);
    const said = ["1", "2", "3"].map((text) => Message.user(text));
    expect(texts([...said, mark({}), Message.user("4")])).toEqual(["summary", "4"]);
    expect(texts([...said, mark({ keeps: 2 }), Message.user("4")])).toEqual(["summary", "2", "3", "4"]);
    expect(texts([...said, mark({ keeps: 9 })])).toEqual(["summary", "1", "2", "3"]);
    expect(texts([mark({}), ...said, mark({}), Message.user("4")])).toEqual(["summary", "4"]);
    // A field of that name means nothing by itself.
    expect(texts([...said, Message.from({ role: "user", content: "5", compaction: {} })])).toHaveLength(4);
  });
});
