import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileEngine, MemoryEngine, Message, SessionStore, type StorageEngine } from "../../src/index.ts";
import type { FindResult, Outline } from "../../src/viewer/shapes.ts";
import type { Viewer } from "../../src/viewer.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { getJson, saved, viewerOf } from "./sample-store.ts";

/** Enough to be several stretches of what the viewer remembers. */
const COUNT = 1500;
const WORDS = [
  "Ampère",
  "İstanbul",
  "ΣΊΣΥΦΟΣ",
  "naïve",
  "日本語のテキスト",
  "quota",
  "a",
  "🦉 owl",
  "rare1234",
];

function messageAt(index: number): Message {
  const text = `${index} ${WORDS[index % WORDS.length] ?? ""} word${index * 7919} ${index === 777 ? "the only Needle" : ""}`;
  return index % 2 === 0 ? Message.user(text) : Message.assistant(text);
}

/** Counts the messages that are handed out. */
function counting(engine: StorageEngine): { engine: StorageEngine; read: () => number } {
  let count = 0;
  const snapshot = engine.snapshot?.bind(engine);
  engine.snapshot = async (id) => {
    const taken = await snapshot?.(id);
    const messages = taken?.messages.bind(taken);
    if (taken !== undefined && messages !== undefined)
      taken.messages = async function* (range) {
        for await (const message of messages(range)) {
          count++;
          yield message;
        }
      };
    return taken;
  };
  return { engine, read: () => count };
}

describe.each([
  ["files", () => new FileEngine(temporaryDirectory())],
  ["memory", () => new MemoryEngine()],
])("find in a session, on %s", (_, make) => {
  let store: SessionStore;
  let viewer: Viewer;
  let read: () => number;
  let id: string;
  beforeEach(async () => {
    const counted = counting(make());
    ({ read } = counted);
    store = new SessionStore(counted.engine, { closeEngine: true });
    viewer = viewerOf(store);
    id = await saved(
      store,
      Array.from({ length: COUNT }, (_unused, index) => messageAt(index)),
    );
  });
  afterEach(() => store.close());

  const find = async (text: string): Promise<FindResult> =>
    await getJson<FindResult>(viewer, `/api/sessions/${id}/find?q=${encodeURIComponent(text)}`);
  const outline = async (from = 0): Promise<Outline> =>
    await getJson<Outline>(viewer, `/api/sessions/${id}/outline?from=${from}`);

  /** Where a text stands, by a look at every message. */
  async function places(text: string): Promise<number[]> {
    const found: number[] = [];
    for await (const { position, message } of store.messages(id))
      if ((message.content as string).toLowerCase().includes(text.toLowerCase())) found.push(position);
    return found;
  }

  async function expectRight(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const { found } = await find(text);
      expect(
        found.map(({ position }) => position),
        text,
      ).toEqual(await places(text));
    }
  }

  const TEXTS = [
    ...[
      "needle",
      "ONLY NEEDLE",
      "the only",
      "777",
      "7 ",
      "a",
      "quota w",
      "ampère",
      "日本語の",
      "語の",
      "🦉 owl",
    ],
    ...["word79190", "istanbul", "i̇stanbul", "nowhere in it", "rare1234 word", "σίσυφο", "naïve word"],
  ];

  test("it is right before anything is known of the session, and once it was looked through", async () => {
    await expectRight(...TEXTS);
    await outline();
    await expectRight(...TEXTS);
  });

  test("once it was looked through, what cannot hold the text is not read again", async () => {
    const { prompts, said } = await outline();
    expect([prompts.length, said.length]).toEqual([COUNT / 2, COUNT / 2]);
    const before = read();
    expect((await find("the only needle")).found).toMatchObject([{ position: 777, part: 0, count: 1 }]);
    expect(read() - before).toBeLessThan(COUNT / 2);
    const behind = read();
    expect((await find("stands nowhere")).found).toEqual([]);
    expect(await outline()).toMatchObject({ messageCount: COUNT, prompts: { length: COUNT / 2 } });
    expect(read()).toBe(behind);
  });

  test("what comes to a session, and what is put in the place of something, is found, and what went is not", async () => {
    await outline();
    await store.append(id, [Message.user("Behind all: zebra")]);
    await expectRight("zebra", "needle");
    let before = read();
    expect((await outline(COUNT)).prompts).toMatchObject([{ position: COUNT, text: "Behind all: zebra" }]);
    expect(read() - before).toBeLessThanOrEqual(1);
    await store.commit(id, { base: 2, splice: [776, 4, [Message.user("Instead: giraffe")]] });
    await expectRight("needle", "giraffe", "zebra", "word79190");
    before = read();
    const { prompts, messageCount } = await outline();
    expect(messageCount).toBe(COUNT - 2);
    expect(prompts.filter(({ position }) => position === 776)).toMatchObject([{ text: "Instead: giraffe" }]);
    expect(read() - before).toBeLessThan(COUNT);
    await expectRight("needle", "giraffe", "zebra", "word79190");
  });

  test("nothing is told of what was redacted, or of an earlier life of the id", async () => {
    const secret = `ghp_${"a1B2c3D4e5".repeat(4).slice(0, 36)}`;
    await store.append(id, [Message.user(`Take ${secret}`)]);
    expect((await outline()).prompts.at(-1)?.text).toContain(secret);
    await store.redact(id);
    await store.append(id, [Message.user("And then?")]);
    expect(JSON.stringify(await outline())).not.toContain(secret);
    expect((await find(secret)).found).toEqual([]);

    await store.delete(id, { trash: true });
    await store.restore(id);
    await expectRight("needle", "and then");
    expect((await outline()).messageCount).toBe(COUNT + 2);
  });

  test("of several who ask at once each gets all of it", async () => {
    const all = await Promise.all([outline(), outline(), find("needle"), outline(), find("word79190")]);
    expect(all[0]).toEqual(all[1]);
    expect(all[3]).toEqual(all[0]);
    expect(all[2].found).toHaveLength(1);
    const { found } = all[4];
    expect(found.map(({ position }) => position)).toEqual(await places("word79190"));
  });
});
