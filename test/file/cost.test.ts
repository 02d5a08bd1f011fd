import { lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import type { DiskFile } from "../../src/engine/file/disk/disk.ts";
import { journalPath, openStore, storedSession, temporaryDirectory } from "./temporary-store.ts";

/** The real disk, counting what is written. */
class CountingDisk extends RealDisk {
  written = 0;

  override openToAppend(path: string): DiskFile | undefined {
    const file = super.openToAppend(path);
    return file === undefined ? undefined : this.#counted(file);
  }

  override create(path: string): DiskFile {
    return this.#counted(super.create(path));
  }

  #counted(file: DiskFile): DiskFile {
    const appendNow = file.appendNow.bind(file);
    const append = file.append.bind(file);
    file.appendNow = (bytes, step) => {
      const count = appendNow(bytes, step);
      this.written += count;
      return count;
    };
    file.append = async (bytes, step) => {
      const count = await append(bytes, step);
      this.written += count;
      return count;
    };
    return file;
  }
}

describe("what a turn costs", () => {
  test("at 10,000 messages: the turn's own bytes and at most 512 more; with checkpoints at most 2.2 times them", async () => {
    const disk = new CountingDisk();
    const directory = temporaryDirectory();
    const store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
    const session = new AgentSession();
    const turn = (index: number): Message => Message.assistant(`${index} ${"word ".repeat(250)}`);
    for (let index = 0; index < 10_000; index++) session.addMessage(turn(index));
    await store.save(session);
    await store.checkpoint(session.id);

    const before = disk.written;
    let own = 0;
    for (let index = 0; index < 1000; index++) {
      const message = turn(index);
      const bytes = Buffer.byteLength(JSON.stringify(message));
      own += bytes;
      session.addMessage(message);
      const journalBefore = statSync(journalPath(directory, session.id)).size;
      await store.save(session);
      expect(statSync(journalPath(directory, session.id)).size - journalBefore).toBeLessThanOrEqual(
        bytes + 512,
      );
    }
    await store.close();
    expect(disk.written - before).toBeLessThanOrEqual(2.2 * own);
  });

  test("over a whole life of many openings and closings: at most 2.2 times the data", async () => {
    const disk = new CountingDisk();
    const directory = temporaryDirectory();
    let own = 0;
    let id = "";
    for (let opening = 0; opening < 40; opening++) {
      await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
      const session = id === "" ? new AgentSession() : await store.load(id);
      if (session === undefined) throw new Error("the session is gone");
      ({ id } = session);
      for (let turn = 0; turn < 25; turn++) {
        const message = Message.assistant(`${opening} ${turn} ${"word ".repeat(300)}`);
        own += Buffer.byteLength(JSON.stringify(message));
        session.addMessage(message);
        await store.save(session);
      }
    }
    expect(disk.written / own).toBeLessThanOrEqual(2.2);
  });
});

describe("what is touched", () => {
  test("nothing by constructing a store, listing, loading, or asking for what is not there", async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, "home", "sessions");
    const { store } = openStore(directory);
    expect(await store.list()).toEqual([]);
    expect(await store.mostRecent()).toBeUndefined();
    expect(await store.load(new AgentSession().id)).toBeUndefined();
    expect(await store.delete(new AgentSession().id)).toBe(false);
    expect(await store.restore(new AgentSession().id)).toBe(false);
    expect(await store.trashed()).toEqual([]);
    expect(await store.cleanupOld(1)).toBe(0);
    await store.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  test("nothing of a store that is only read", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 3);
    const before = snapshot(directory);
    const { store } = openStore(directory);
    await store.list({});
    await store.load(id);
    await store.verify(id);
    for await (const message of store.messages(id)) expect(message.message.role).toBe("user");
    await store.close();
    expect(snapshot(directory)).toEqual(before);
  });

  test("files are 0600 and directories 0700 whatever the umask; a directory that we did not make keeps its mode", async () => {
    const parent = temporaryDirectory();
    const given = join(parent, "given");
    mkdirSync(given, { mode: 0o755 });
    const mask = process.umask(0);
    try {
      const made = join(given, "astrid", "sessions");
      const id = await storedSession(made, 2);
      await using store = new SessionStore(made, { closeEngine: true });
      await store.delete(id, { trash: true });
      await store.restore(id);
      await store.checkpoint(id);
      expect(statSync(given).mode & 0o777).toBe(0o755);
      const modes = Object.values(snapshot(join(given, "astrid"))).map(({ mode }) => mode);
      expect(new Set(modes)).toEqual(new Set(["directory 700", "file 600"]));
      expect(statSync(join(given, "astrid")).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(mask);
    }
  });
});

interface Seen {
  readonly mode: string;
  readonly size: number;
  readonly modified: number;
}

function snapshot(directory: string): Record<string, Seen> {
  const seen: Record<string, Seen> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const stat = lstatSync(join(directory, name));
    const kind = stat.isDirectory() ? "directory" : "file";
    seen[name] = {
      mode: `${kind} ${(stat.mode & 0o777).toString(8)}`,
      size: kind === "file" ? stat.size : 0,
      modified: stat.mtimeMs,
    };
  }
  return seen;
}
