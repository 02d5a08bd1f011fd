import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentSession, Message } from "../../src/index.ts";
import { openAlone, STORE } from "../crash/simulation/open-alone.ts";
import { Random } from "../crash/simulation/random.ts";
import { SimDisk } from "../crash/simulation/sim-disk.ts";
import { checkpointPath, journalPath, openStore, temporaryDirectory } from "./temporary-store.ts";

interface Document {
  messages: { role: string; content: string }[];
  [key: string]: unknown;
}

/** Astrid's keys, without those by which we know our checkpoints. */
const OURS = ["format", "revision", "journal", "journal_offset", "journal_crc", "checksum", "sections"];

/** A session of these messages whose document several programs write. */
async function begin(texts: readonly string[]) {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const session = new AgentSession({ messages: texts.map((text) => Message.user(text)) });
  await store.save(session);
  const { id } = session;
  await store.checkpoint(id);
  const path = checkpointPath(directory, id);
  return {
    opened: (): Document => JSON.parse(readFileSync(path, "utf8")) as Document,
    saved: (document: Document): void => writeFileSync(path, JSON.stringify(document, null, 2)),
    append: (text: string) => store.append(id, [Message.user(text)]),
    checkpoint: () => store.checkpoint(id),
    texts: async () => (await store.load(id))?.messages.map(({ content }) => content),
  };
}

function said(text: string): { role: string; content: string } {
  return { role: "user", content: text };
}

function withoutOurKeys(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !OURS.includes(key))) as Document;
}

test("a checkpoint that was edited, and then edited again: what was added first is there once", async () => {
  const session = await begin(["one", "two"]);
  const document = session.opened();
  document.messages.push(said("added first"));
  session.saved(document);
  await session.append("ours");
  const again = session.opened();
  again.messages.push(said("added next"));
  session.saved(again);
  expect(await session.texts()).toEqual(["one", "two", "added first", "ours", "added next"]);
  await session.append("ours, too");
  expect(await session.texts()).toEqual(["one", "two", "added first", "ours", "added next", "ours, too"]);
});

test("who clears a conversation takes away what the document held, not what was committed beside it", async () => {
  const session = await begin(["one"]);
  const held = withoutOurKeys(session.opened());
  await session.append("ours");
  held.messages.push(said("Astrid's"));
  session.saved(held);
  expect(await session.texts()).toEqual(["one", "ours", "Astrid's"]);
  await session.append("ours, too");
  held.messages = [said("cleared")];
  session.saved(held);
  expect(await session.texts()).toEqual(["cleared", "ours", "ours, too"]);
  await session.append("last");
  held.messages.push(said("goes on"));
  session.saved(held);
  expect(await session.texts()).toEqual(["cleared", "ours", "ours, too", "last", "goes on"]);
});

test("a message that was edited without our keys replaces the one that it was, however old the other states are", async () => {
  const session = await begin(["one"]);
  for (const text of ["two", "three", "four", "five"]) await session.append(text);
  await session.checkpoint();
  const document = withoutOurKeys(session.opened());
  document.messages[1] = said("edited");
  session.saved(document);
  expect(await session.texts()).toEqual(["one", "edited", "three", "four", "five"]);
});

test("what is added without our keys to a checkpoint that a power cut left is there once, and nothing else again", async () => {
  const { id } = new AgentSession();
  const path = `${STORE}/${id}.json`;
  for (let seed = 0; seed < 20; seed++) {
    const empty = new SimDisk();
    empty.createDirectory("/home");
    const disk = empty.copy();
    const { store } = openAlone(disk);
    await store.save(new AgentSession({ id, messages: [Message.user("one")] }));
    await store.checkpoint(id);
    for (const text of ["two", "three", "four"]) await store.append(id, [Message.user(text)]);
    await store.checkpoint(id);

    const left = disk.afterPowerCut(new Random(seed));
    const document = withoutOurKeys(JSON.parse(contentOf(left, path).toString()) as Document);
    document.messages.push(said("Astrid's"));
    left.passTick();
    left.remove(path);
    left.createFile(path).write(0, Buffer.from(JSON.stringify(document)));
    const session = await openAlone(left).store.load(id);
    expect(session?.messages.map(({ content }) => content)).toEqual([
      "one",
      "two",
      "three",
      "four",
      "Astrid's",
    ]);
  }
});

test("a process died before it noted its checkpoint: what is added to that one without our keys is there once, and nothing else again", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const begun = new AgentSession({ messages: [Message.user("one")] });
  const { id } = begun;
  await store.save(begun);
  await store.checkpoint(id);
  for (const text of ["two", "three", "four", "five", "six"]) await store.append(id, [Message.user(text)]);
  await store.checkpoint(id);

  const journal = journalPath(directory, id);
  const lines = readFileSync(journal, "utf8").split("\n");
  expect(lines.at(-2)).toContain('"document":');
  writeFileSync(journal, [...lines.slice(0, -2), ""].join("\n"));
  const path = checkpointPath(directory, id);
  const document = withoutOurKeys(JSON.parse(readFileSync(path, "utf8")) as Document);
  document.messages[1] = said("edited");
  document.messages.push(said("Astrid's"));
  writeFileSync(path, JSON.stringify(document));
  const session = await openStore(directory).store.load(id);
  expect(session?.messages.map(({ content }) => content)).toEqual([
    "one",
    "edited",
    "three",
    "four",
    "five",
    "six",
    "Astrid's",
  ]);
});

function contentOf(disk: SimDisk, path: string): Buffer {
  const node = disk.find(path);
  if (node?.kind !== "file") throw new Error(`there is no ${path}`);
  return node.content;
}
