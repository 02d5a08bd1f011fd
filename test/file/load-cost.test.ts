import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { DiskFile } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { temporaryDirectory } from "./temporary-store.ts";

/** The real disk, counting how often a thread is asked to read. */
class CountingDisk extends RealDisk {
  threads = 0;

  override openToRead(path: string): DiskFile | undefined {
    const file = super.openToRead(path);
    if (file === undefined) return undefined;
    const read = file.read.bind(file);
    file.read = (target, position) => {
      this.threads++;
      return read(target, position);
    };
    return file;
  }
}

/** How often a load of a session of so many bytes asks a thread, and that it finds all of it. */
async function threadsFor(bytes: number, uncovered: boolean): Promise<number> {
  const directory = temporaryDirectory();
  const messages = Array.from({ length: 100 }, (_, index) => Message.user(String(index).repeat(bytes / 200)));
  const session = new AgentSession({ messages });
  await using writer = new SessionStore(directory);
  await writer.save(session);
  await writer.checkpoint(session.id);
  if (uncovered) {
    session.addMessage(Message.assistant("behind the checkpoint"));
    await writer.save(session);
  }
  const disk = new CountingDisk();
  const store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
  const loaded = await store.load(session.id);
  await store.close();
  expect(loaded?.messages).toEqual(session.messages);
  return disk.threads;
}

describe("what a load asks of threads", () => {
  test("nothing, where a session is small: to ask takes longer than to read", async () => {
    expect([await threadsFor(100_000, false), await threadsFor(100_000, true)]).toEqual([0, 0]);
  });

  test("to read whatever is large, so that the event loop goes on", async () => {
    expect(await threadsFor(4_000_000, false)).toBeGreaterThan(1);
  });
});
