import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { DiskFile, Step } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { AgentSession, FileEngine, Message, SessionStore, type SessionId } from "../../src/index.ts";
import {
  checkpointPath,
  journalPath,
  openStore,
  storedSession,
  temporaryDirectory,
} from "./temporary-store.ts";

const WRITER = join(import.meta.dirname, "writer-process.ts");
const SECRET = ["ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Another process appends so many messages. */
function appendElsewhere(directory: string, id: string, count: number): void {
  execFileSync(process.execPath, [WRITER, directory, "other", String(count), id], { input: "go\n" });
}

async function texts(store: SessionStore, id: string): Promise<unknown[] | undefined> {
  return (await store.load(id))?.messages.map(({ content }) => content);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `message ${index}`);
}

async function isPacked(store: SessionStore, id: string): Promise<boolean> {
  return (await store.summary(id))?.packed === true;
}

/** The files below a directory in which a text stands, packed or not. */
function filesWith(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(directory, name);
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    const isCompressed = bytes.subarray(0, 4).equals(ZSTD);
    return bytes.includes(text) || (isCompressed && zstdDecompressSync(bytes).includes(text));
  });
}

test("another process appends to a packed session, and this one goes on with it", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20);
  const { store, reports } = openStore(directory);
  const session = await store.load(id);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  appendElsewhere(directory, id, 2);
  expect(await isPacked(store, id)).toBe(false);
  expect(await texts(store, id)).toEqual([...numbered(20), "other 0", "other 1"]);
  session?.addMessage(Message.user("from before"));
  await expect(session && store.save(session)).rejects.toMatchObject({ code: "CONFLICT" });
  await store.append(id, [Message.user("and here")]);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  // Who holds the session object open meanwhile writes on.
  const held = await store.load(id);
  held?.addMessage(Message.user("held"));
  if (held !== undefined) await store.save(held);
  expect((await texts(store, id))?.slice(-3)).toEqual(["other 1", "and here", "held"]);
  expect(reports).toEqual([]);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
});

test("a reader that streams a packed session goes on while another process unpacks it", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 40);
  const { store } = openStore(directory);
  await store.pack(id);
  const found: unknown[] = [];
  for await (const { message, position } of store.messages(id)) {
    if (position === 10) appendElsewhere(directory, id, 3);
    found.push(message.content);
  }
  expect(found).toEqual(numbered(40));
  await store.pack(id);
  const backward: unknown[] = [];
  for await (const { message } of store.messages(id, { reverse: true, limit: 30 })) {
    if (backward.length === 2) appendElsewhere(directory, id, 1);
    backward.push(message.content);
  }
  expect(backward.slice(0, 4)).toEqual(["other 2", "other 1", "other 0", "message 39"]);
  expect(backward).toHaveLength(30);
  expect(await texts(store, id)).toHaveLength(44);
});

test("redact leaves no copy of a secret in a packed session, nor in a damaged one that was set aside", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 5);
  const { store } = openStore(directory);
  await store.append(id, [Message.user(`the token is ${SECRET}`)]);
  await store.checkpoint(id);
  await store.pack(id);
  expect(filesWith(directory, SECRET)).toEqual([`${id}.journal.jsonl`]);
  // What cannot be unpacked whole may hold anything.
  const aside = join(directory, "quarantine", `${id}.1`);
  const bytes = readFileSync(journalPath(directory, id));
  bytes.writeUInt8(bytes.readUInt8(60) ^ 0x10, 60);
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, `${id}.journal.jsonl`), bytes);
  const dryRun = await store.redact(id, { dryRun: true });
  expect(dryRun.found).not.toEqual([]);
  expect(await isPacked(store, id)).toBe(true);
  await store.redact(id);
  expect(filesWith(directory, SECRET)).toEqual([]);
  expect(readdirSync(join(directory, "quarantine"))).toEqual([]);
  expect((await texts(store, id))?.at(-1)).not.toContain(SECRET);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  expect(filesWith(directory, SECRET)).toEqual([]);
  expect(await texts(store, id)).toHaveLength(6);
});

test("a packed session is forked, repaired, cleaned up, and comes back from the trash", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20);
  const { store, reports } = openStore(directory);
  await store.pack(id);
  const fork = await store.fork(id, { position: 10 });
  expect(await isPacked(store, id)).toBe(true);
  expect(await texts(store, fork.id)).toEqual(numbered(10));
  expect(await store.repair(id)).toMatchObject({ actions: [], lostRevisions: 0 });
  expect(await store.verify(id)).toMatchObject({ state: "ok", packed: true });
  expect(await isPacked(store, id)).toBe(true);
  const rule = { keep: 1 };
  const going = [{ session: { id } }];
  expect((await store.cleanup(rule, { dryRun: true })).sessions).toMatchObject(going);
  expect(await isPacked(store, id)).toBe(true);
  expect((await store.cleanup(rule, { trash: true })).sessions).toMatchObject(going);
  expect(await store.load(id)).toBeUndefined();
  await store.restore(id);
  expect(await texts(store, id)).toEqual(numbered(20));
  await store.pack(id);
  expect(await store.delete(id)).toBe(true);
  expect(readdirSync(directory).filter((name) => name.startsWith(id))).toEqual([]);
  expect(reports).toEqual([]);
});

test("vacuum tells what a packed session would give up and leaves it packed, then gives it up", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20);
  const { store, reports } = openStore(directory);
  await store.pack(id);
  const what = { history: { beforeRevision: 15 }, ids: [id] };
  const [told] = (await store.vacuum({ ...what, dryRun: true })).sessions;
  expect(told).toMatchObject({ id, begins: 15 });
  expect(told?.bytes).toBeGreaterThan(500);
  expect(await isPacked(store, id)).toBe(true);
  expect((await store.vacuum(what)).sessions).toMatchObject([{ id, begins: 15 }]);
  expect(await texts(store, id)).toEqual(numbered(20));
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  expect(await texts(store, id)).toEqual(numbered(20));
  await expect(store.load(id, { revision: 3 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await store.verify(id)).toMatchObject({ state: "ok", packed: true });
  expect(reports).toEqual([]);
});

test("a packed session that a tool copies, with its time or without, is the same elsewhere", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20, "Copied");
  const { store } = openStore(directory);
  await store.checkpoint(id);
  await store.pack(id);
  const there = temporaryDirectory();
  cpSync(journalPath(directory, id), journalPath(there, id));
  const copy = openStore(there);
  expect((await copy.store.list({})).sessions).toMatchObject([{ id, title: "Copied", packed: true }]);
  await copy.store.append(id, [Message.user("there")]);
  expect(await texts(copy.store, id)).toEqual([...numbered(20), "there"]);
  // Over another, older state of it, whose document stays.
  const older = temporaryDirectory();
  cpSync(journalPath(there, id), journalPath(older, id));
  cpSync(checkpointPath(there, id), checkpointPath(older, id));
  const over = openStore(older);
  expect(await texts(over.store, id)).toHaveLength(21);
  expect(copy.reports).toEqual([]);
});

test("a store with many packed sessions lists, searches and counts what they take", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const ids: SessionId[] = [];
  for (let index = 0; index < 12; index++) {
    const messages = [Message.user(`unmistakable${index} ${"the same words again ".repeat(200)}`)];
    const session = new AgentSession({ messages, workspacePath: "/gone" });
    await store.save(session);
    ids.push(session.id);
  }
  const before = (await store.usage({ by: "workspace" }))[0]?.bytes ?? 0;
  for (const id of ids) expect(await store.pack(id)).toMatchObject({ state: "packed" });
  const [usage] = await store.usage({ by: "workspace", content: true });
  const onDisk = ids.reduce((sum, id) => sum + statSync(journalPath(directory, id)).size, 0);
  expect(usage).toMatchObject({ sessionCount: 12, messageCount: 12, bytes: onDisk });
  expect(onDisk).toBeLessThan(before / 7);
  expect((await store.list({})).sessions.every(({ packed }) => packed === true)).toBe(true);
  // An index that is begun anew reads them packed.
  await store.close();
  for (const name of readdirSync(directory)) if (name.startsWith("index.")) rmSync(join(directory, name));
  const again = openStore(directory).store;
  expect(await again.search("unmistakable7")).toMatchObject([{ id: ids[7], position: 0 }]);
  expect((await again.list({ limit: 5 })).sessions).toHaveLength(5);
});

test("whoever redacts a session removes its unfinished pack, and it is packed all the same", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 40);
  const path = journalPath(directory, id);
  const before = readFileSync(path);
  let removed = 0;
  class Redacted extends RealDisk {
    override create(name: string, step?: Step): DiskFile {
      const file = super.create(name);
      // As a redaction does that finds nothing in the session itself.
      if (step === "pack.write" && removed++ === 0) rmSync(name);
      return file;
    }
  }
  await using store = new SessionStore(new FileEngine(directory, { disk: new Redacted() }), {
    closeEngine: true,
  });
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  expect(removed).toBe(2);
  expect(zstdDecompressSync(readFileSync(path)).subarray(0, before.length).equals(before)).toBe(true);
  expect(await texts(store, id)).toEqual(numbered(40));
});
