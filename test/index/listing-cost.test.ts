import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { DiskFile } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { scanned, written } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The real disk, counting what is asked of open files. */
class CountingDisk extends RealDisk {
  opened = 0;
  asked = 0;
  bytes = 0;

  override openToRead(path: string): DiskFile | undefined {
    const file = super.openToRead(path);
    if (file === undefined) return undefined;
    this.opened++;
    const stat = file.stat.bind(file);
    const readNow = file.readNow.bind(file);
    file.stat = () => {
      this.asked++;
      return stat();
    };
    file.readNow = (target, position) => {
      this.asked++;
      const count = readNow(target, position);
      this.bytes += count;
      return count;
    };
    return file;
  }
}

describe("what the first listing ever asks of the system", () => {
  test("of a small session: to open its journal, how long it is, and all of it", async () => {
    using folder = temporaryDirectory();
    const directory = folder.path;
    await written(directory, 20);
    const disk = new CountingDisk();
    const engine = new FileEngine(directory, { disk });
    const { sessions } = await engine.list({});
    await engine.close();
    expect([disk.opened, disk.asked]).toEqual([20, 40]);
    expect(sessions).toEqual(await scanned(directory));
  });

  test("of a large session no more than its ends", async () => {
    using folder = temporaryDirectory();
    const directory = folder.path;
    await using store = new SessionStore(directory);
    const session = new AgentSession();
    await store.save(session);
    for (let turn = 0; turn < 40; turn++) {
      session.addMessage(Message.user(`${turn} ${"word ".repeat(5000)}`));
      await store.save(session);
    }
    const disk = new CountingDisk();
    const engine = new FileEngine(directory, { disk });
    const { sessions } = await engine.list({});
    await engine.close();
    expect(disk.bytes).toBeLessThan(400_000);
    expect(sessions).toEqual(await scanned(directory));
  });

  test("a journal that is cut while it is looked at is not taken for what it was", async () => {
    using folder = temporaryDirectory();
    const directory = folder.path;
    const [id] = await written(directory, 1);
    const disk = new CountingDisk();
    const openToRead = disk.openToRead.bind(disk);
    disk.openToRead = (path) => {
      const file = openToRead(path);
      if (file === undefined || !path.endsWith(".jsonl")) return file;
      const readNow = file.readNow.bind(file);
      // The last bytes are gone by the time that they are read.
      const { size } = file.stat();
      file.readNow = (target, position) =>
        readNow(target.subarray(0, Math.max(Math.min(target.length, size - 40 - position), 0)), position);
      return file;
    };
    const engine = new FileEngine(directory, { disk });
    const { sessions, unreadable } = await engine.list({});
    await engine.close();
    // Read whole, the file has it again.
    expect([sessions.map((session) => session.id), unreadable]).toEqual([[id], []]);
    expect(sessions).toEqual(await scanned(directory));
  });
});
