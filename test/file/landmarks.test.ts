import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { DiskFile } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { temporaryDirectory } from "./temporary-store.ts";

/** The real disk, counting the bytes that are read. */
class CountingDisk extends RealDisk {
  bytes = 0;

  override openToRead(path: string): DiskFile | undefined {
    const file = super.openToRead(path);
    if (file === undefined) return undefined;
    const [read, readNow] = [file.read.bind(file), file.readNow.bind(file)];
    file.read = async (target, position) => this.#counted(await read(target, position));
    file.readNow = (target, position) => this.#counted(readNow(target, position));
    return file;
  }

  #counted(count: number): number {
    this.bytes += count;
    return count;
  }
}

const COUNT = 4000;
const textOf = (index: number): string => `${index} ${"word ".repeat((index % 7) * 100)}`;

/** The texts of some messages, and how many bytes were read for them. */
async function read(
  store: SessionStore,
  disk: CountingDisk,
  id: string,
  range: { from?: number; to?: number; reverse?: boolean },
): Promise<{ texts: string[]; bytes: number }> {
  const before = disk.bytes;
  using snapshot = await store.read(id);
  const texts: string[] = [];
  for await (const { message } of snapshot?.messages(range) ?? []) texts.push(message.content as string);
  return { texts, bytes: disk.bytes - before };
}

test("once a large checkpoint was read, any place in it costs no more than what stands there", async () => {
  const disk = new CountingDisk();
  const directory = temporaryDirectory();
  await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
  const session = new AgentSession();
  for (let index = 0; index < COUNT; index++) session.addMessage(Message.user(textOf(index)));
  await store.save(session);
  await store.checkpoint(session.id);

  const whole = await read(store, disk, session.id, {});
  expect(whole.texts).toEqual(Array.from({ length: COUNT }, (_, index) => textOf(index)));
  expect(whole.bytes).toBeGreaterThan(5_000_000);
  for (let from = 3; from < COUNT; from += 97) {
    const expected = whole.texts.slice(from, from + 20);
    for (const reverse of [false, true]) {
      const range = { from, to: from + expected.length, reverse };
      const { texts, bytes } = await read(store, disk, session.id, range);
      expect(texts).toEqual(reverse ? expected.toReversed() : expected);
      expect(bytes, `from ${from}${reverse ? " backward" : ""}`).toBeLessThan(1_000_000);
    }
  }
});

test("a checkpoint that takes another's place is read by its own places", async () => {
  const directory = temporaryDirectory();
  const disk = new CountingDisk();
  await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
  const session = new AgentSession({
    messages: Array.from({ length: COUNT }, (_, at) => Message.user(textOf(at))),
  });
  await store.save(session);
  await store.checkpoint(session.id);
  await read(store, disk, session.id, {});
  await store.commit(session.id, { base: 1, splice: [100, 1, []] });
  await store.checkpoint(session.id);
  const { texts } = await read(store, disk, session.id, { from: 3000, to: 3002 });
  expect(texts).toEqual([textOf(3001), textOf(3002)]);
});
