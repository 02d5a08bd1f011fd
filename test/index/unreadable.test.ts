import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { DiskFile, FileStat } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { SessionStoreError } from "../../src/session/errors/errors.ts";
import type { SessionId } from "../../src/session/session-id.ts";
import { written } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

type Call = "stat" | "openToRead" | "readNow" | "read";

/** The real disk, on which a call throws for the files of one session. */
class PartlyBrokenDisk extends RealDisk {
  readonly broken: { readonly id: SessionId; readonly call: Call; readonly error: Error };

  constructor(broken: PartlyBrokenDisk["broken"]) {
    super();
    this.broken = broken;
  }

  override stat(path: string): FileStat | undefined {
    this.#fail(path, "stat");
    return super.stat(path);
  }

  override openToRead(path: string): DiskFile | undefined {
    this.#fail(path, "openToRead");
    const file = super.openToRead(path);
    if (file === undefined || !path.includes(this.broken.id)) return file;
    const readNow = file.readNow.bind(file);
    const read = file.read.bind(file);
    file.readNow = (...args) => {
      this.#fail(path, "readNow");
      return readNow(...args);
    };
    file.read = (...args) => {
      this.#fail(path, "read");
      return read(...args);
    };
    return file;
  }

  #fail(path: string, call: Call): void {
    if (this.broken.call === call && path.includes(this.broken.id)) throw this.broken.error;
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code, syscall: "read" });
}

const calls: readonly (readonly [Call, Error])[] = [
  ["stat", systemError("EIO")],
  ["stat", systemError("ESTALE")],
  ["openToRead", systemError("EACCES")],
  ["openToRead", new SyntaxError("made to fail")],
  ["readNow", new SyntaxError("made to fail")],
];

test.each(calls)("one session whose %s throws %s costs no other session anything", async (call, error) => {
  using directory = temporaryDirectory();
  const ids = await written(directory.path, 5);
  const id = ids[2] as SessionId;
  const engine = new FileEngine(directory.path, { disk: new PartlyBrokenDisk({ id, call, error }) });
  onTestFinished(() => engine.close());
  for (let round = 0; round < 2; round++) {
    const { sessions, unreadable } = await engine.list({});
    const listed = sessions.map((summary) => summary.id);
    const others = ids.filter((one) => one !== id);
    expect(listed.toSorted()).toEqual((unreadable.length === 0 ? ids : others).toSorted());
    for (const one of unreadable) {
      expect(one.id).toBe(id);
      expect(one.error).toBeInstanceOf(SessionStoreError);
    }
    // What can only be asked for by this call is not known.
    if (call !== "readNow") expect(unreadable).toHaveLength(1);
  }
  const hits = await engine.search({ text: "alpha", limit: 100 });
  expect(hits.length).toBeGreaterThanOrEqual(4);
});

test("each bit of a journal's first bytes, flipped: the other sessions are listed and found", async () => {
  using directory = temporaryDirectory();
  const ids = await written(directory.path, 3);
  const path = join(directory.path, `${ids[1]}.journal.jsonl`);
  const whole = readFileSync(path);
  const second = whole.indexOf("\n") + 1;
  for (const start of [0, second, whole.indexOf("\n", second) + 1]) {
    for (let at = start; at < start + 20; at++) {
      for (const bit of [1, 4, 128]) {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ bit;
        writeFileSync(path, damaged);
        const engine = new FileEngine(directory.path);
        const { sessions, unreadable } = await engine.list({});
        expect(sessions.length + unreadable.length, `byte ${at}`).toBe(3);
        expect((await engine.list({ limit: 1 })).sessions).toHaveLength(1);
        const hits = await engine.search({ text: "alpha", limit: 100 });
        expect(new Set(hits.map(({ id }) => id)).size, `byte ${at}`).toBeGreaterThanOrEqual(2);
        await engine.close();
      }
    }
  }
});
