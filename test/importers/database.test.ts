import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { detectFormat } from "../../src/importers/detect-format.ts";
import type { ImportResult } from "../../src/importers/import-result.ts";
import { ImportRun } from "../../src/importers/import.ts";
import { opencodeSessionId } from "../../src/importers/opencode/opencode-reader.ts";
import { insert, openDatabase, opencode, OPENCODE, T0 } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const A = opencodeSessionId("ses_a");

function open(name = "opencode.db"): DatabaseSync {
  return openDatabase(place.base, name, OPENCODE);
}

/** A prompt and its text, so many of them. */
function say(db: DatabaseSync, session: string, from: number, texts: readonly string[]): void {
  db.exec("BEGIN");
  for (const [index, text] of texts.entries()) {
    const n = String(from + index).padStart(6, "0");
    insert(db, "message", opencode.message(session, `msg_${session}_${n}`, from + index, { role: "user" }));
    insert(
      db,
      "part",
      opencode.part(session, `msg_${session}_${n}`, `prt_${session}_${n}`, { type: "text", text }),
    );
  }
  db.exec("COMMIT");
}

function path(name = "opencode.db"): string {
  return join(place.base, name);
}

/** What lies in the folder, with sizes and times. */
function traces(): string[] {
  return readdirSync(place.base).map((name) => {
    const { size, mtimeMs } = statSync(join(place.base, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

/** Copies of databases that imports have made for themselves. */
function copies(): string[] {
  return readdirSync(tmpdir()).filter(
    (name) => name.startsWith("astrid-sessions-") && existsSync(join(tmpdir(), name, "database")),
  );
}

function outcomes(result: ImportResult): Record<string, string> {
  return Object.fromEntries([result, ...result.others].map(({ source, outcome }) => [source ?? "", outcome]));
}

test("a database whose agent does not run is read without a trace beside it", async () => {
  const db = open();
  insert(db, "session", opencode.session("ses_a"));
  say(db, "ses_a", 0, ["a", "b"]);
  db.close();
  const before = traces();
  expect(before).toHaveLength(1);
  expect(await place.import(path())).toMatchObject({ outcome: "created", messagesAdded: 2 });
  expect(traces()).toEqual(before);
  expect(await detectFormat(path())).toEqual({ format: "opencode", isSupported: true });
});

test("beside the running agent what is only in its log is read too, and the agent goes on at once", async () => {
  const db = open();
  insert(db, "session", opencode.session("ses_a"));
  say(db, "ses_a", 0, ["a"]);
  const before = readdirSync(place.base);
  // The agent is in the middle of a write.
  db.exec("BEGIN IMMEDIATE");
  insert(db, "message", opencode.message("ses_a", "msg_ses_a_000009", 9, { role: "user" }));
  expect(await place.import(path())).toMatchObject({ outcome: "created", messagesAdded: 1 });
  db.exec("COMMIT");
  expect(await place.import(path())).toMatchObject({ outcome: "extended", messagesAdded: 1 });
  expect(readdirSync(place.base)).toEqual(before);
  // Nobody reads any more: the log comes into the database as a whole.
  expect(db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()).toMatchObject({ busy: 0 });
  db.close();
});

test("a database that was copied with its log is read whole, and nothing is made beside the copy", async () => {
  const db = open("agent/opencode.db");
  insert(db, "session", opencode.session("ses_a"));
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  say(db, "ses_a", 0, ["only in the log"]);
  for (const end of ["", "-wal"]) copyFileSync(path(`agent/opencode.db${end}`), path(`copy.db${end}`));
  db.close();
  const before = traces();
  const already = copies();
  expect(await place.import(path("copy.db"))).toMatchObject({ outcome: "created", messagesAdded: 1 });
  expect(traces()).toEqual(before);
  expect(copies().filter((name) => !already.includes(name))).toEqual([]);
});

test("a database whose agent was killed within a write is read as it was before, and left as it is", async () => {
  const db = open("agent/opencode.db");
  db.exec("PRAGMA journal_mode = DELETE");
  insert(db, "session", opencode.session("ses_a"));
  say(db, "ses_a", 0, ["said"]);
  // So small a cache that the write goes to the database before it is at its end; the copy is what a kill leaves.
  db.exec("PRAGMA cache_size = 1; BEGIN");
  db.prepare("UPDATE part SET data = ?").run('{"type":"text","text":"half"}');
  insert(db, "session", { ...opencode.session("ses_b"), title: "x".repeat(100_000) });
  for (const end of ["", "-journal"]) copyFileSync(path(`agent/opencode.db${end}`), path(`killed.db${end}`));
  db.close();
  const before = traces();
  const already = copies();
  expect(await place.import(path("killed.db"))).toMatchObject({ outcome: "created", messagesAdded: 1 });
  expect(told((await place.session(A)).messages)).toEqual(["user: said"]);
  expect(traces()).toEqual(before);
  expect(copies().filter((name) => !already.includes(name))).toEqual([]);
});

test("a database behind a link is read with its log, and again when only that has changed", async () => {
  const db = open("agent/opencode.db");
  insert(db, "session", opencode.session("ses_a"));
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  say(db, "ses_a", 0, ["only in the log"]);
  symlinkSync(path("agent/opencode.db"), path("linked.db"));
  const ledger = join(place.base, "imports.sqlite");
  const take = async (): Promise<ImportResult> => {
    const run = new ImportRun(place.store, { ledger });
    const result = await run.file(path("linked.db"));
    run.close();
    return result;
  };
  expect(await take()).toMatchObject({ outcome: "created", messagesAdded: 1 });
  say(db, "ses_a", 1, ["and more"]);
  expect(await take()).toMatchObject({ outcome: "extended", messagesAdded: 1 });
  db.close();
});

test("again, only what changed is read: added, edited, removed; a session that the agent deleted stays", async () => {
  const ledger = join(place.base, "imports.sqlite");
  const take = async (): Promise<ImportResult> => {
    const run = new ImportRun(place.store, { ledger });
    const result = await run.file(path());
    run.close();
    return result;
  };
  const db = open();
  for (const id of ["ses_a", "ses_b", "ses_c", "ses_d"]) {
    insert(db, "session", opencode.session(id));
    say(db, id, 0, ["one", "two", "three"]);
  }
  expect(outcomes(await take())).toEqual({
    ses_a: "created",
    ses_b: "created",
    ses_c: "created",
    ses_d: "created",
  });
  const revisions = async (): Promise<(number | undefined)[]> =>
    await Promise.all(
      ["ses_a", "ses_b", "ses_c", "ses_d"].map(
        async (id) => (await place.store.summary(opencodeSessionId(id)))?.revision,
      ),
    );
  const before = await revisions();

  say(db, "ses_a", 3, ["four"]);
  db.exec(`UPDATE part SET data = '{"type":"text","text":"2"}' WHERE id = 'prt_ses_b_000001'`);
  db.exec("DELETE FROM part WHERE session_id = 'ses_d'; DELETE FROM message WHERE session_id = 'ses_d'");
  db.exec("DELETE FROM session WHERE id = 'ses_d'");
  const result = await take();
  expect(outcomes(result)).toEqual({ ses_a: "extended", ses_b: "rewritten", ses_c: "unchanged" });
  const after = await revisions();
  expect(after.slice(2)).toEqual(before.slice(2));
  expect(told((await place.session(A)).messages)).toEqual(
    ["one", "two", "three", "four"].map((text) => `user: ${text}`),
  );
  expect(told((await place.session(opencodeSessionId("ses_b"))).messages)).toEqual([
    "user: one",
    "user: 2",
    "user: three",
  ]);

  // A message was removed: no time tells it.
  db.exec(
    "DELETE FROM part WHERE id = 'prt_ses_c_000002'; DELETE FROM message WHERE id = 'msg_ses_c_000002'",
  );
  expect(outcomes(await take())).toEqual({ ses_a: "unchanged", ses_b: "unchanged", ses_c: "rewritten" });
  expect((await place.session(opencodeSessionId("ses_c"))).messages).toHaveLength(2);

  // Deleted here, it comes back; from the trash it does not.
  await place.store.delete(A);
  await place.store.delete(opencodeSessionId("ses_b"), { trash: true });
  say(db, "ses_c", 9, ["again"]);
  db.close();
  expect(outcomes(await take())).toEqual({ ses_a: "created", ses_b: "in trash", ses_c: "extended" });
});

test("the ledger knows a database by itself and by its log", async () => {
  const ledger = join(place.base, "imports.sqlite");
  const db = open();
  insert(db, "session", opencode.session("ses_a"));
  say(db, "ses_a", 0, ["one"]);
  const take = async (): Promise<string> => {
    const run = new ImportRun(place.store, { ledger });
    const { outcome } = await run.file(path());
    run.close();
    return outcome;
  };
  expect(await take()).toBe("created");
  expect(await take()).toBe("unchanged");
  // The database itself stays as it is: this stands in the log.
  const { mtimeMs } = statSync(path());
  say(db, "ses_a", 1, ["two"]);
  expect(statSync(path()).mtimeMs).toBe(mtimeMs);
  expect(await take()).toBe("extended");
  db.close();
});

test("the original is the rows, to the bit: large integers, reals, bytes, texts that are no UTF-8", async () => {
  const db = open();
  db.exec(
    `CREATE TABLE odd (session_id text, i integer, r real, whole real, far real, b blob, bad text, "a ""name""" text, none text)`,
  );
  insert(db, "session", opencode.session("ses_a"));
  say(db, "ses_a", 0, ["a"]);
  db.prepare(
    `INSERT INTO odd VALUES ('ses_a', ?, 0.1, 3.0, 9e999, ?, CAST(x'61ff00f09f98' AS TEXT), 'x' || char(0) || 'ü\ufffd', NULL)`,
  ).run(9223372036854775807n, new Uint8Array([0, 255]));
  db.close();
  await place.import(path());
  const lines = (await place.original(A)).toString().trimEnd().split("\n");
  expect(lines[2]).toBe(
    `{"table":"odd","row":{"session_id":"ses_a","i":9223372036854775807,"r":0.1,"whole":3.0,"far":{"real":"Infinity"},` +
      `"b":{"blob":"AP8="},"bad":{"text":"${Buffer.from("61ff00f09f98", "hex").toString("base64")}"},` +
      `"a \\"name\\"":"x\\u0000ü\ufffd","none":null}}`,
  );
  // Each earlier state is kept too.
  const first = await place.original(A);
  const again = open();
  say(again, "ses_a", 1, ["b"]);
  again.exec("UPDATE session SET title = 'Another'");
  again.close();
  await place.import(path());
  expect(await place.original(A, 1)).toEqual(first);
  expect((await place.original(A)).toString()).toContain("Another");
});

test("many rows are read in pieces, and kept in pieces that stay when something is added", async () => {
  const db = open();
  insert(db, "session", opencode.session("ses_a"));
  // No two are alike, so that they do not become nothing.
  const text = (n: number): string => Array.from({ length: 40 }, (_, k) => Math.sin(n * 41 + k)).join(" ");
  say(
    db,
    "ses_a",
    0,
    Array.from({ length: 3000 }, (_, n) => text(n)),
  );
  expect(await place.import(path())).toMatchObject({ outcome: "created", messagesAdded: 3000 });
  const pieces = async (): Promise<number> => {
    let count = 0;
    for await (const _ of place.store.sideItems(A, { list: "original" })) count++;
    return count;
  };
  const before = await pieces();
  expect(before).toBeGreaterThan(10);
  say(db, "ses_a", 3000, ["one more"]);
  db.close();
  expect(await place.import(path())).toMatchObject({ outcome: "extended", messagesAdded: 1 });
  expect((await pieces()) - before).toBeLessThanOrEqual(3);
  const rows = (await place.original(A)).toString().trimEnd().split("\n");
  expect(rows).toHaveLength(2 * 3001 + 1);
});

test("what cannot be read says what to do: locked, damaged, cut off, of a newer version, nobody's", async () => {
  const reason = async (name: string): Promise<string> => {
    try {
      await place.import(path(name));
      return "";
    } catch (error) {
      expect(error).toMatchObject({ code: "IMPORT_FAILED" });
      return (error as { detail: string }).detail;
    }
  };
  // Without a log a writer keeps everybody out.
  const locked = open("locked.db");
  insert(locked, "session", opencode.session("ses_a"));
  locked.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  expect(await reason("locked.db")).toMatch(/^the program that writes .* has locked it; import it again/);
  locked.exec("COMMIT");
  locked.close();
  expect(await reason("locked.db")).toBe("");

  const whole = open("whole.db");
  insert(whole, "session", opencode.session("ses_a"));
  say(
    whole,
    "ses_a",
    0,
    Array.from({ length: 500 }, () => "text ".repeat(100)),
  );
  whole.close();
  copyFileSync(path("whole.db"), path("cut.db"));
  truncateSync(path("cut.db"), statSync(path("cut.db")).size / 2);
  expect(await reason("cut.db")).toMatch(/damaged, or was copied while it was written to .*-wal.*\.recover/);
  writeFileSync(path("noise.db"), Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(5000, 7)]));
  expect(await reason("noise.db")).toMatch(/damaged/);

  const newer = open("newer.db");
  newer.exec("ALTER TABLE part DROP COLUMN data");
  newer.close();
  expect(await reason("newer.db")).toBe(
    "it is opencode's, of a version that is not known (no column part.data); a newer astrid-sessions may read it",
  );
  openDatabase(place.base, "other.db", "CREATE TABLE session (id)").close();
  expect(await reason("other.db")).toBe("it is no transcript of a known format");
});

test("a damaged row costs its session, and no other one", async () => {
  const db = open();
  for (const id of ["ses_a", "ses_b", "ses_c"]) {
    insert(db, "session", opencode.session(id));
    say(db, id, 0, [`${id} `.repeat(20_000)]);
  }
  db.close();
  // A page of the long text of one of them points to nowhere.
  const bytes = readFileSync(path());
  const size = bytes.readUInt16BE(16);
  const inside = bytes.indexOf("ses_b ses_b ses_b", bytes.indexOf("ses_b ses_b ses_b") + 3 * size);
  bytes.writeUInt32BE(0x7fffffff, Math.floor(inside / size) * size);
  writeFileSync(path(), bytes);
  const result = await place.import(path());
  expect(outcomes(result)).toEqual({ ses_a: "created", ses_c: "created" });
  expect(result).toMatchObject({ lossy: true, problems: [{ session: "ses_b", lost: true }] });
  expect(result.problems[0]?.reason).toMatch(/damaged/);
});

test("an empty database of an agent's is nothing to tell of; a store that fails is", async () => {
  open().close();
  const run = new ImportRun(place.store);
  expect(await run.anyFile(path())).toBeUndefined();
  const db = open();
  insert(db, "session", opencode.session("ses_a", { time_created: T0 }));
  say(db, "ses_a", 0, ["a"]);
  db.close();
  rmSync(path("opencode.db-wal"), { force: true });
  const { store } = place;
  await store.close();
  await expect(run.anyFile(path())).rejects.toMatchObject({ code: "STORE_CLOSED" });
});
