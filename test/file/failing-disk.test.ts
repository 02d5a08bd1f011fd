import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import {
  AgentSession,
  Message,
  newSessionId,
  SessionStore,
  StorageError,
  type SessionId,
} from "../../src/index.ts";
import type { DiskFile, FileStat, Step } from "../../src/engine/file/disk/disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { SessionPaths } from "../../src/engine/file/disk/session-paths.ts";
import { journalPath, openStore, temporaryDirectory } from "./temporary-store.ts";

/** The real disk, on which one step fails with a system's error code for as long as that is set. */
class FailingDisk extends RealDisk {
  failing: { step: Step | "open"; code: string; shortWrite?: boolean } | undefined;

  override openToAppend(path: string): DiskFile | undefined {
    this.#failAt("open");
    const file = super.openToAppend(path);
    return file === undefined ? undefined : this.#wrapped(file);
  }

  override create(path: string, step?: Step): DiskFile {
    if (step !== undefined) this.#failAt(step);
    return this.#wrapped(super.create(path));
  }

  #wrapped(file: DiskFile): DiskFile {
    const sync = file.sync.bind(file);
    const appendNow = file.appendNow.bind(file);
    file.sync = async (step) => {
      this.#failAt(step);
      await sync(step);
    };
    file.appendNow = (bytes, step) => {
      if (this.failing?.step === step && this.failing.shortWrite === true && bytes.length > 20) {
        return appendNow(bytes.subarray(0, 20), step);
      }
      this.#failAt(step, bytes.length);
      return appendNow(bytes, step);
    };
    return file;
  }

  #failAt(step: Step | "open", length = 0): void {
    if (this.failing?.step !== step) return;
    if (this.failing.shortWrite === true && length === 0) return;
    throw Object.assign(new Error(`${this.failing.code}: made to fail`), { code: this.failing.code });
  }
}

const cases = [
  ["a full disk", { step: "journal.append", code: "ENOSPC" }, "DISK_FULL", "not-stored"],
  [
    "a short write, then a full disk",
    { step: "journal.append", code: "ENOSPC", shortWrite: true },
    "DISK_FULL",
    "not-stored",
  ],
  ["a used-up quota", { step: "journal.append", code: "EDQUOT" }, "DISK_FULL", "not-stored"],
  ["a read-only file system", { step: "journal.append", code: "EROFS" }, "READ_ONLY", "not-stored"],
  ["too many open files", { step: "open", code: "EMFILE" }, "TOO_MANY_OPEN_FILES", "not-stored"],
  ["a failing sync", { step: "journal.sync", code: "EIO" }, "STORAGE_FAILED", undefined],
] as const;

test.each(cases)(
  "%s: a typed error, the session as it was, and the next save works",
  async (_name, failing, code, outcome) => {
    const directory = temporaryDirectory();
    const disk = new FailingDisk();
    const store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
    const session = new AgentSession();
    session.addMessage(Message.user("acknowledged"));
    await store.save(session);
    await store.checkpoint(session.id);
    // A second engine of this process has nothing open yet, so that opening can fail.
    const fresh = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
    const again = await fresh.load(session.id);
    if (again === undefined) throw new Error("the session is gone");
    again.addMessage(Message.user("x".repeat(100)));

    disk.failing = failing;
    const error: unknown = await fresh.save(again).catch((reason: unknown) => reason);
    disk.failing = undefined;
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code, cause: { code: failing.code } });
    if (outcome !== undefined) expect(error).toMatchObject({ outcome });
    const now = await openStore(directory).store.load(session.id);
    expect(now?.messages[0]?.content).toBe("acknowledged");
    if (outcome === "not-stored") expect(now?.messages).toHaveLength(1);

    if (outcome === "not-stored") await fresh.save(again);
    else await fresh.append(session.id, [Message.user("after")]);
    expect((await openStore(directory).store.load(session.id))?.messages.length).toBeGreaterThanOrEqual(2);
    expect(await openStore(directory).store.verify(session.id)).toMatchObject({ state: "ok" });
    await fresh.close();
    await store.close();
  },
);

test.each(["journal.append", "journal.sync"] as const)(
  "the first item of a side list while %s fails: nothing is stored, the session as it was, and the next try works",
  async (step) => {
    const directory = temporaryDirectory();
    const disk = new FailingDisk();
    await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
    const session = new AgentSession();
    session.addMessage(Message.user("acknowledged"));
    await store.save(session);
    disk.failing = { step, code: "EIO" };
    const error: unknown = await store
      .commit(session.id, { side: { steps: [1] } })
      .catch((reason: unknown) => reason);
    disk.failing = undefined;
    expect(error).toMatchObject({ code: "STORAGE_FAILED", outcome: "not-stored" });
    const itemsNow = async (): Promise<unknown[]> => {
      const items: unknown[] = [];
      for await (const { item } of openStore(directory).store.sideItems(session.id)) items.push(item);
      return items;
    };
    expect(await itemsNow()).toEqual([]);
    expect((await openStore(directory).store.load(session.id))?.messages).toHaveLength(1);
    await store.commit(session.id, { side: { steps: [2] } });
    expect(await itemsNow()).toEqual([2]);
    expect(await store.verify(session.id)).toMatchObject({ state: "ok" });
  },
);

test("a full disk: a removal into the trash is refused and removes nothing, one for good works", async () => {
  const directory = temporaryDirectory();
  const disk = new FailingDisk();
  const engine = new FileEngine(directory, { disk });
  const id = newSessionId();
  await engine.commit(id, { base: 0, splice: [0, 0, [Message.user("acknowledged")]] });
  await engine.checkpoint(id);

  disk.failing = { step: "tombstone.append", code: "ENOSPC" };
  const refused: unknown = await engine.remove(id, { trash: true }).catch((reason: unknown) => reason);
  expect(refused).toMatchObject({ code: "DISK_FULL", outcome: "not-stored" });
  expect(await engine.read(id)).toMatchObject({ revision: 1 });
  expect(await engine.remove(id)).toBe(true);
  expect(await engine.read(id)).toBeUndefined();
  expect(await engine.trashed()).toEqual([]);
  await engine.close();
});

test("however many looks at a session fail in a row: a trash that is said to be empty is", async () => {
  for (let looks = 0; looks < 8; looks++) {
    const directory = temporaryDirectory();
    let left = 0;
    class BlindDisk extends RealDisk {
      override stat(path: string): FileStat | undefined {
        if (left > 0 && path.endsWith(".journal.jsonl")) {
          left--;
          throw Object.assign(new Error("EIO: made to fail"), { code: "EIO" });
        }
        return super.stat(path);
      }
    }
    const before = new FileEngine(directory);
    const id = newSessionId();
    await before.commit(id, { base: 0, splice: [0, 0, [Message.user("to be removed")]] });
    await before.remove(id, { trash: true });
    await before.close();
    const engine = new FileEngine(directory, { disk: new BlindDisk() });
    left = looks;
    const count: unknown = await engine.emptyTrash().catch((reason: unknown) => reason);
    left = 0;
    if (count instanceof Error) expect(count).toMatchObject({ outcome: "unknown" });
    else expect([count, await engine.trashed()]).toEqual([1, []]);
    await engine.close();
  }
});

test("the file beside is gone when a new session is to get its name, and another has the id: a conflict", async () => {
  const directory = temporaryDirectory();
  const id = newSessionId();
  class OvertakenDisk extends RealDisk {
    isOvertaken = false;
    override async publish(from: string, to: string, step: Step): Promise<boolean> {
      if (!this.isOvertaken) {
        this.isOvertaken = true;
        await putJournal(id, to);
        await this.remove(from);
      }
      return await super.publish(from, to, step);
    }
  }
  const engine = new FileEngine(directory, { disk: new OvertakenDisk() });
  const mine = engine.commit(id, { base: 0, splice: [0, 0, [Message.user("mine")]] });
  await expect(mine).rejects.toMatchObject({ code: "CONFLICT" });
  expect((await engine.read(id))?.messages).toMatchObject([{ content: "theirs" }]);
  await engine.close();
});

/** The journal of a session that another process has just made, where the lock lies. */
async function putJournal(id: SessionId, path: string): Promise<void> {
  const aside = temporaryDirectory();
  const engine = new FileEngine(aside);
  await engine.commit(id, { base: 0, splice: [0, 0, [Message.user("theirs")]] });
  copyFileSync(journalPath(aside, id), path);
  await engine.close();
}

test("a file on its way is swept away after a day, unless its process is alive", async () => {
  const directory = temporaryDirectory();
  const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(directory, "tmp"));
  const old = new Date(Date.now() - 2 * 86_400_000);
  for (const pid of [process.pid, dead]) {
    writeFileSync(join(directory, "tmp", `${pid}-file`), "");
    utimesSync(join(directory, "tmp", `${pid}-file`), old, old);
  }
  const engine = new FileEngine(directory);
  await engine.commit(newSessionId(), { base: 0, splice: [0, 0, [Message.user("hello")]] });
  expect(readdirSync(join(directory, "tmp"))).toEqual([`${process.pid}-file`]);
  await engine.close();
});

test.skipIf(!existsSync("/proc/self/ns/pid"))(
  "what a killed process left on its way is swept away by the next who writes, and what others are at stays",
  async () => {
    const directory = temporaryDirectory();
    const paths = new SessionPaths(directory);
    mkdirSync(paths.temporary);
    const { href } = new URL("../../src/engine/file/disk/session-paths.ts", import.meta.url);
    const names = (): string[] => readdirSync(paths.temporary).sort();
    const write = `
      const { SessionPaths } = await import(${JSON.stringify(href)});
      const { writeFileSync } = await import("node:fs");
      writeFileSync(new SessionPaths(${JSON.stringify(directory)}).newTemporary("${newSessionId()}"), "packed");
      process.kill(process.pid, "SIGKILL");`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", write]).signal).toBe("SIGKILL");
    const [left] = names();
    const ours = paths.newTemporary(newSessionId());
    // Of another container, or another machine: its process may be alive.
    const elsewhere = left?.replace(/\.[0-9a-f]+/, ".00112233445566774026531836") ?? "";
    expect(elsewhere).not.toBe(left);
    writeFileSync(ours, "");
    writeFileSync(join(paths.temporary, elsewhere), "");
    const folder = join(paths.temporary, `${newSessionId()}.1700000000000`);
    mkdirSync(folder);
    writeFileSync(join(folder, "journal"), "on its way out");
    const engine = new FileEngine(directory);
    await engine.commit(newSessionId(), { base: 0, splice: [0, 0, [Message.user("hello")]] });
    expect(names()).toEqual([basename(ours), elsewhere].sort());
    await engine.close();
  },
);
