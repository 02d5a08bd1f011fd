import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { nextMillisecond } from "../../src/conformance/samples.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { sqlite } from "../../src/sqlite.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { makeJournal } from "../big/journal-maker.ts";
import { IndexWrites } from "./index-writes.ts";
import { elsewhere, filled, IMPORTS, ROOT, scanned, written } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

function place(): string {
  const directory = temporaryDirectory();
  onTestFinished(() => directory[Symbol.dispose]());
  return join(directory.path, "sessions");
}

function opened(directory: string): FileEngine {
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
  return engine;
}

const indexOf = (directory: string): string => join(directory, "index.sqlite");

/** Sessions' files and their times: what a listing must leave alone. */
function everything(directory: string): Map<string, string> {
  return new Map(
    readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
      const { ino, size, mtimeMs } = statSync(join(directory, name));
      return [name, `${ino} ${size} ${mtimeMs}`];
    }),
  );
}

async function expectDisk(engine: FileEngine, directory: string): Promise<void> {
  expect((await engine.list({})).sessions).toEqual(await scanned(directory));
}

describe("what the index file is", () => {
  test("a listing of a store without an index creates and changes nothing", async () => {
    const directory = place();
    await filled(directory, 5);
    rmSync(indexOf(directory));
    const before = everything(directory);
    const engine = opened(directory);
    expect((await engine.list({})).sessions).toHaveLength(5);
    expect((await engine.list({ limit: 2 })).sessions).toHaveLength(2);
    expect(everything(directory)).toEqual(before);
  });

  test("a listing of a directory that is not there creates nothing", async () => {
    const directory = place();
    expect(await opened(directory).list({})).toEqual({ sessions: [], unreadable: [], nextCursor: undefined });
    expect(existsSync(directory)).toBe(false);
  });

  test("a writer of a few sessions leaves no index: it would cost more than it saves", async () => {
    const directory = place();
    await written(directory, 3);
    expect(existsSync(indexOf(directory))).toBe(false);
    await expectDisk(opened(directory), directory);
  });

  test("a writer of a few sessions leaves an index as it is, and the next listing sees them", async () => {
    const directory = place();
    await filled(directory, 5);
    const before = statSync(indexOf(directory)).mtimeMs;
    await written(directory, 3);
    expect(statSync(indexOf(directory)).mtimeMs).toBe(before);
    await expectDisk(opened(directory), directory);
  });

  test("a writer of many leaves an index that is the owner's alone and not beside a log", async () => {
    const directory = place();
    await written(directory, 40);
    expect(statSync(indexOf(directory)).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).filter((name) => name.startsWith("index"))).toEqual(["index.sqlite"]);
  });

  test("no listing changes the sessions' files", async () => {
    const directory = place();
    await filled(directory, 3);
    const sessionsOnly = (): [string, string][] =>
      [...everything(directory)].filter(([name]) => /^[0-9a-f]{8}-/.test(name));
    const before = sessionsOnly();
    const engine = opened(directory);
    await engine.list({});
    await engine.search({ text: "alpha" });
    expect(sessionsOnly()).toEqual(before);
  });

  test("a listing that had to read many sessions leaves an index for the next one", async () => {
    const directory = place();
    for (let index = 0; index < 100; index++) makeJournal(directory, 1000);
    const engine = opened(directory);
    await expectDisk(engine, directory);
    expect(existsSync(indexOf(directory))).toBe(true);
    await expectDisk(engine, directory);
    await expectDisk(opened(directory), directory);
  });

  test("a store that cannot be written to is listed and searched", async () => {
    const directory = place();
    await filled(directory, 3);
    rmSync(indexOf(directory));
    chmodSync(directory, 0o500);
    onTestFinished(() => chmodSync(directory, 0o700));
    // Root may write anywhere: the store is somebody else's then, and read as them.
    if (process.getuid?.() === 0) {
      for (const name of ["..", ".", ...readdirSync(directory, { recursive: true })] as string[])
        chownSync(join(directory, name), NOBODY, NOBODY);
      process.seteuid?.(NOBODY);
      onTestFinished(() => process.seteuid?.(0));
    }
    expect(() => writeFileSync(indexOf(directory), "")).toThrow("EACCES");
    const engine = opened(directory);
    await expectDisk(engine, directory);
    expect(await engine.search({ text: "alpha" })).toHaveLength(3);
  });
});

const NOBODY = 65534;

describe("the listing matches the disk", () => {
  test("a change that another process made just before is seen, in a store that stays open", async () => {
    const directory = place();
    const [id] = await filled(directory, 20);
    const engine = opened(directory);
    await expectDisk(engine, directory);
    for (let round = 0; round < 3; round++) {
      elsewhere(`
        const engine = new FileEngine(${JSON.stringify(directory)});
        await engine.commit(${JSON.stringify(id)}, { splice: ["end", 0, [Message.user("round ${round}")]] });
        // At once, so that it is not that process which puts the change into the index.
        process.exit();`);
      const { sessions } = await engine.list({ limit: 1 });
      expect(sessions[0]?.lastMessagePreview).toBe(`round ${round}`);
      await expectDisk(engine, directory);
    }
  });

  test("own saves, new sessions and removals are seen at once", async () => {
    const directory = place();
    const [first, second] = await filled(directory, 5);
    const engine = opened(directory);
    await expectDisk(engine, directory);
    // Of sessions that changed within one millisecond none is the latest.
    await nextMillisecond();
    for (let round = 0; round < 50; round++) {
      if (first !== undefined)
        await engine.commit(first, { splice: ["end", 0, [Message.user(`now ${round}`)]] });
      expect((await engine.list({ limit: 1 })).sessions[0]?.lastMessagePreview).toBe(`now ${round}`);
    }
    const id = newSessionId();
    await nextMillisecond();
    await engine.commit(id, { base: 0, set: { title: "new" } });
    expect((await engine.list({ limit: 1 })).sessions[0]?.id).toBe(id);
    if (second !== undefined) await engine.remove(second);
    await expectDisk(engine, directory);
    expect((await engine.list({})).sessions).toHaveLength(5);
  });

  test("the index may be deleted at any time", async () => {
    const directory = place();
    const [id] = await filled(directory, 10);
    const engine = opened(directory);
    await engine.search({ text: "alpha" });
    for (const name of readdirSync(directory))
      if (name.startsWith("index.sqlite")) rmSync(join(directory, name));
    if (id !== undefined) await engine.commit(id, { splice: ["end", 0, [Message.user("after")]] });
    await expectDisk(engine, directory);
    expect(await engine.search({ text: "after" })).toHaveLength(1);
    expect(await engine.search({ text: "alpha", limit: 100 })).toHaveLength(10);
  });

  test("a copied store, and one whose index is another store's, are told from the files", async () => {
    const directory = place();
    const other = place();
    await filled(directory, 6);
    const copy = `${directory}-copy`;
    cpSync(directory, copy, { recursive: true });
    await expectDisk(opened(copy), copy);
    await filled(other, 4);
    copyFileSync(indexOf(directory), indexOf(other));
    const engine = opened(other);
    await expectDisk(engine, other);
    expect(await engine.search({ text: "alpha", limit: 100 })).toHaveLength(4);
  });

  test("files that someone else adds, edits, cuts and removes are told", async () => {
    const directory = place();
    const ids = await filled(directory, 8);
    const engine = opened(directory);
    await expectDisk(engine, directory);
    const [a = "", b = "", c = "", d = ""] = ids as string[];
    const document = JSON.parse(readFileSync(join(directory, `${a}.json`), "utf8")) as {
      metadata: { title: string };
    };
    document.metadata.title = "by hand";
    writeFileSync(join(directory, `${a}.json`), JSON.stringify(document, undefined, 2));
    rmSync(join(directory, `${b}.json`));
    rmSync(join(directory, `${c}.json`));
    rmSync(join(directory, `${c}.journal.jsonl`));
    truncateSync(join(directory, `${d}.journal.jsonl`), 300);
    writeFileSync(join(directory, `${newSessionId()}.json`), "not a session");
    appendFileSync(join(directory, "notes.txt"), "x");
    const { sessions, unreadable } = await engine.list({});
    expect(sessions).toEqual(await scanned(directory));
    expect(sessions.find(({ id }) => id === a)?.title).toBe("by hand");
    expect(unreadable).toHaveLength(1);
    expect((await opened(directory).list({})).unreadable.map(({ where }) => where)).toEqual(
      unreadable.map(({ where }) => where),
    );
  });
});

describe("a new process notices what leaves no trace in the directory", () => {
  /** Writes a file anew in its place, as editors and copying tools do: the directory's own time stays. */
  function overwrite(directory: string, name: string, text: string): void {
    const before = statSync(directory, { bigint: true });
    writeFileSync(join(directory, name), text);
    expect(statSync(directory, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  }

  test("a document that an editor wrote in place, to the byte as long as before", async () => {
    const directory = place();
    const [id = ""] = await filled(directory, 3);
    const text = readFileSync(join(directory, `${id}.json`), "utf8");
    overwrite(directory, `${id}.json`, text.replace("Session 0", "Edited it"));
    expect((await opened(directory).list({})).sessions.find((one) => one.id === id)?.title).toBe("Edited it");
    await expectDisk(opened(directory), directory);
  });

  test("a document that was written in place, its time put back to what it was", async () => {
    const directory = place();
    const [id = ""] = await filled(directory, 3);
    const path = join(directory, `${id}.json`);
    const times = statSync(path);
    const text = readFileSync(path, "utf8");
    overwrite(directory, `${id}.json`, text.replace("Session 0", "Edited, and longer"));
    utimesSync(path, times.atime, times.mtime);
    const { sessions } = await opened(directory).list({});
    expect(sessions.find((one) => one.id === id)?.title).toBe("Edited, and longer");
    await expectDisk(opened(directory), directory);
  });
});

describe("a damaged index costs the index only", () => {
  test("each page overwritten at random: the listing and the search are right", async () => {
    const directory = place();
    await filled(directory, 60);
    const writer = new FileEngine(directory);
    await writer.search({ text: "alpha" });
    const wanted = await scanned(directory);
    await writer.close();
    const whole = readFileSync(indexOf(directory));
    let seed = 7;
    const random = (): number => {
      // mulberry32
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return (mixed ^ (mixed >>> 14)) >>> 0;
    };
    for (let page = 0; page * 4096 < whole.length; page++) {
      for (const bytes of [4096, 64]) {
        const damaged = Buffer.from(whole);
        const from = page * 4096 + (bytes === 4096 ? 0 : random() % 4000);
        for (let at = from; at < Math.min(from + bytes, whole.length); at++) damaged[at] = random() & 0xff;
        writeFileSync(indexOf(directory), damaged);
        const engine = new FileEngine(directory);
        const { sessions } = await engine.list({});
        expect(sessions, `page ${page}, ${bytes} bytes`).toEqual(wanted);
        if (bytes === 4096) {
          const found = await engine.search({ text: "question", limit: 100 });
          expect(found.length, `page ${page}`).toBe(60);
        }
        await engine.close();
      }
    }
  });

  test("a row that was changed within is not believed", async () => {
    const directory = place();
    await filled(directory, 4);
    const { DatabaseSync } = sqlite();
    for (const change of [
      "summary = replace(summary, 'Session', 'Cession')",
      "updated = updated + 1",
      "created = 0",
    ]) {
      const database = new DatabaseSync(indexOf(directory));
      database.exec(`UPDATE sessions SET ${change}`);
      database.close();
      const engine = new FileEngine(directory);
      await expectDisk(engine, directory);
      await engine.close();
    }
  });

  test.each([
    ["newer", "PRAGMA user_version = 99; ALTER TABLE sessions ADD COLUMN later"],
    ["older", "PRAGMA user_version = 0"],
    ["another application's", "PRAGMA application_id = 1"],
    ["of another shape", "DROP TABLE sessions; CREATE TABLE sessions (id)"],
  ])("an index that is %s is replaced", async (_name, change) => {
    const directory = place();
    await filled(directory, 4);
    const { DatabaseSync } = sqlite();
    const database = new DatabaseSync(indexOf(directory));
    const version = database.prepare("PRAGMA user_version").get();
    database.exec(change);
    database.close();
    const engine = opened(directory);
    await expectDisk(engine, directory);
    expect(await engine.search({ text: "alpha" })).toHaveLength(4);
    await engine.close();
    const again = new DatabaseSync(indexOf(directory));
    expect(again.prepare("PRAGMA user_version").get()).toEqual(version);
    again.close();
  });

  test.each(["empty", "a directory", "zero bytes"])("an index that is %s is replaced", async (what) => {
    const directory = place();
    await filled(directory, 4);
    rmSync(indexOf(directory));
    if (what === "a directory") mkdirSync(indexOf(directory));
    else writeFileSync(indexOf(directory), Buffer.alloc(what === "empty" ? 0 : 20_000));
    await expectDisk(opened(directory), directory);
  });

  test("damage while the store is open does not reach the answer", async () => {
    const directory = place();
    const ids = await filled(directory, 40);
    const engine = opened(directory);
    await expectDisk(engine, directory);
    const descriptor = openSync(indexOf(directory), "r+");
    for (let page = 1; page * 4096 < statSync(indexOf(directory)).size; page++) {
      writeSync(descriptor, Buffer.alloc(4096, page), 0, 4096, page * 4096);
    }
    closeSync(descriptor);
    // So many that they are put into the index by themselves.
    using writes = new IndexWrites(indexOf(directory));
    for (const id of ids) await engine.commit(id, { splice: ["end", 0, [Message.user("still saved")]] });
    await writes.until(({ begun, refused }) => begun + refused > 0);
    await expectDisk(engine, directory);
    expect(await engine.search({ text: "still saved", limit: 100 })).toHaveLength(40);
  });
});

const BUILDER = join(import.meta.dirname, "killed-builder-process.ts");

describe("several processes", () => {
  test("killed while it builds the index, again and again, a process leaves one that the next goes on with", async () => {
    const directory = place();
    await filled(directory, 150);
    rmSync(indexOf(directory));
    const build = async (last: number): Promise<string[]> => {
      const child = new Child([BUILDER, directory, String(last)]);
      expect(await child.ended, child.errors).toEqual({ code: null, signal: "SIGKILL" });
      return [...child.lines];
    };
    const whole = Number((await build(Infinity))[0]);
    rmSync(indexOf(directory));
    expect(await build(1)).toEqual([]);
    for (let part = 1; part < 8; part++) {
      // What the ones before left is less work: the last ones may get to the end.
      const lines = await build(Math.ceil((whole * part) / 8));
      if (part === 1) expect(lines).toEqual([]);
    }
    const engine = opened(directory);
    await expectDisk(engine, directory);
    expect(await engine.search({ text: "question", limit: 1000 })).toHaveLength(150);
  });

  test("processes that find no index build one together and all answer rightly", async () => {
    const directory = place();
    await filled(directory, 120);
    for (const name of readdirSync(directory))
      if (name.startsWith("index.sqlite")) rmSync(join(directory, name));
    const program = `${IMPORTS}
        const engine = new FileEngine(${JSON.stringify(directory)});
        const hits = await engine.search({ text: "question", limit: 1000 });
        const { sessions } = await engine.list({});
        await engine.close();
        console.log(hits.length, sessions.length);`;
    const run = (): Promise<string> =>
      new Child(["--input-type=module", "-e", program], { cwd: ROOT }).output();
    expect(await Promise.all([run(), run(), run()])).toEqual(["120 120", "120 120", "120 120"]);
    await expectDisk(opened(directory), directory);
  });

  test("no warning of an experimental feature reaches the terminal", () => {
    const directory = place();
    const output = elsewhere(`
      let warned = "";
      process.on("warning", (warning) => (warned += warning.message));
      const engine = new FileEngine(${JSON.stringify(directory)});
      await engine.commit(crypto.randomUUID(), { base: 0, set: { title: "t" } });
      await engine.list({});
      await engine.close();
      console.log(warned === "" ? "silent" : warned);`);
    expect(output.trim()).toBe("silent");
  });
});
