import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AgentSession, Message, type SessionId, type SessionStore } from "../../src/index.ts";
import {
  checkpointPath,
  journalPath,
  openStore,
  storedSession,
  temporaryDirectory,
} from "./temporary-store.ts";

const ZSTD = spawnSync("zstd", ["--version"]).status === 0;
if (!ZSTD) console.warn("zstd is not installed: that it unpacks what pack writes is not tested.");

/** Some megabytes that do not pack well: several frames. */
async function large(store: SessionStore, messages = 40): Promise<SessionId> {
  const session = new AgentSession({ metadata: { title: "Large" } });
  await store.save(session);
  for (let index = 0; index < messages; index++)
    await store.append(session.id, [Message.user(`message ${index} ${randomBytes(60_000).toString("hex")}`)]);
  return session.id;
}

function beginning({ content }: Message, length: number): string {
  return typeof content === "string" ? content.slice(0, length).trim() : "?";
}

async function texts(store: SessionStore, id: string): Promise<string[] | undefined> {
  return (await store.load(id))?.messages.map((message) => beginning(message, 12));
}

/** A byte of a file changes. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
  writeFileSync(path, bytes);
}

test.skipIf(!ZSTD)("zstd -d gives the journal back, byte for byte", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const id = await large(store);
  await store.close();
  const path = journalPath(directory, id);
  const journal = readFileSync(path);
  const again = openStore(directory).store;
  expect(await again.pack(id)).toMatchObject({ state: "packed", bytesAfter: readFileSync(path).length });
  const unpacked = execFileSync("zstd", ["-dc", path], { maxBuffer: 1 << 30 });
  expect(unpacked.equals(journal)).toBe(true);
  // Not to be told from others of the seekable format: it has its table, and zstd lists its frames.
  expect(spawnSync("zstd", ["-t", path]).status).toBe(0);
});

test("the file ends with the table of zstd's seekable format", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const id = await large(store);
  await store.pack(id);
  const bytes = readFileSync(journalPath(directory, id));
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(0x8f92eab1);
  const [count, descriptor] = [bytes.readUInt32LE(bytes.length - 9), bytes.readUInt8(bytes.length - 5)];
  expect({ count, descriptor }).toEqual({ count: 7, descriptor: 0x80 });
  const table = bytes.length - 9 - 12 * count - 8;
  expect(bytes.readUInt32LE(table)).toBe(0x184d2a5e);
  expect(bytes.readUInt32LE(table + 4)).toBe(12 * count + 9);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const [length = 0, size = 0, sum = 0] = [0, 4, 8].map((part) =>
      bytes.readUInt32LE(table + 8 + 12 * index + part),
    );
    const isFrame = bytes.readUInt32LE(at) === 0xfd2fb528;
    expect(isFrame).toBe(size > 0);
    if (isFrame) expect(bytes.readUInt32LE(at + length - 4)).toBe(sum);
    if (index < count - 2) expect(size).toBe(index === 0 ? 64 << 10 : 1 << 20);
    at += length;
  }
  expect(at).toBe(table);
});

test("a document comes back with the first write, and is where checkpoint put it", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 30);
  const { store, reports } = openStore(directory);
  await store.checkpoint(id);
  await store.pack(id);
  expect(existsSync(checkpointPath(directory, id))).toBe(false);
  await store.append(id, [Message.user("again")]);
  expect(JSON.parse(readFileSync(checkpointPath(directory, id), "utf8"))).toMatchObject({
    id,
    message_count: 30,
  });
  await store.pack(id);
  await store.checkpoint(id);
  expect(JSON.parse(readFileSync(checkpointPath(directory, id), "utf8"))).toMatchObject({
    message_count: 31,
  });
  expect(reports).toEqual([]);
});

test("a document that a crash left beside a packed journal changes nothing, and the next pack removes it", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 30);
  const { store, reports } = openStore(directory);
  await store.checkpoint(id);
  const path = checkpointPath(directory, id);
  // With its time, to the nanosecond.
  execFileSync("cp", ["-p", path, `${path}.kept`]);
  await store.pack(id);
  execFileSync("cp", ["-p", `${path}.kept`, path]);
  const before = await store.load(id);
  expect(before?.messages).toHaveLength(30);
  expect((await store.list({})).sessions).toMatchObject([{ id, packed: true, messageCount: 30 }]);
  expect(await store.pack(id)).toMatchObject({ state: "was-packed" });
  expect(existsSync(path)).toBe(false);
  // Under another time it is one that somebody may have written.
  copyFileSync(`${path}.kept`, path);
  utimesSync(path, 1, 1);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  expect((await store.load(id))?.messages).toEqual(before?.messages);
  expect(reports).toEqual([]);
});

test("what Astrid writes beside a packed journal is a change, and the next write takes it over", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20);
  const { store } = openStore(directory);
  await store.checkpoint(id);
  const path = checkpointPath(directory, id);
  const document = JSON.parse(readFileSync(path, "utf8")) as { messages: object[] };
  await store.pack(id);
  document.messages.push({ role: "assistant", content: "from Astrid" });
  writeFileSync(path, JSON.stringify(document));
  expect((await texts(store, id))?.at(-1)).toBe("from Astrid");
  await store.append(id, [Message.user("on top")]);
  expect((await texts(store, id))?.slice(-3)).toEqual(["message 19", "from Astrid", "on top"]);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
  expect(existsSync(path)).toBe(false);
  expect(await texts(store, id)).toHaveLength(22);
});

test("damage in one frame: the end is read, a load is refused, a repair brings back the rest", async () => {
  const directory = temporaryDirectory();
  const beside = await storedSession(directory, 5);
  const { store } = openStore(directory);
  const id = await large(store);
  await store.pack(id);
  flip(journalPath(directory, id), 1_500_000);
  const last: string[] = [];
  for await (const { message } of store.messages(id, { reverse: true, limit: 3 }))
    last.push(beginning(message, 10));
  expect(last).toEqual([39, 38, 37].map((number) => `message ${number}`));
  await expect(store.load(id)).rejects.toMatchObject({
    code: "CORRUPT_SESSION",
    message: expect.stringMatching(/frame \d of 6 of the packed journal is damaged/),
  });
  expect(await store.verify(id)).toMatchObject({ state: "damaged" });
  await expect(store.append(id, [Message.user("x")])).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
  await expect(store.pack(id)).resolves.toMatchObject({ state: "was-packed" });
  expect((await store.load(beside))?.messages).toHaveLength(5);
  expect((await store.repair(id)).actions.join(" ")).toMatch(/brought back/);
  const left = await texts(store, id);
  expect(left?.length).toBeGreaterThan(25);
  expect(left?.length).toBeLessThan(40);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
});

test("a damaged table costs nothing, is told, and a repair unpacks the session", async () => {
  const directory = temporaryDirectory();
  const { store, reports } = openStore(directory);
  const id = await large(store);
  const before = await store.load(id);
  await store.pack(id);
  flip(journalPath(directory, id), -20);
  expect((await store.load(id))?.messages).toEqual(before?.messages);
  expect(reports.map(({ kind }) => kind)).toEqual(["damage"]);
  expect(await store.verify(id)).toMatchObject({
    state: "repairable",
    findings: [expect.stringMatching(/table of the packed journal/)],
  });
  expect((await store.repair(id)).actions).toEqual([expect.stringMatching(/unpacked.*nothing.*missing/)]);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
  expect((await store.load(id))?.messages).toEqual(before?.messages);
});

test("a journal with damage is not packed: its document makes up for it", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 30);
  const { store } = openStore(directory);
  await store.checkpoint(id);
  const path = journalPath(directory, id);
  flip(path, readFileSync(path).indexOf("message 3") + 2);
  await expect(store.pack(id)).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
  expect((await store.load(id))?.messages).toHaveLength(30);
  await store.repair(id);
  expect(await store.pack(id)).toMatchObject({ state: "packed" });
});

test("who reads goes on with what they have open", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const id = await large(store, 20);
  const found: number[] = [];
  for await (const { position } of store.messages(id)) {
    if (position === 3) expect(await store.pack(id)).toMatchObject({ state: "packed" });
    if (position === 6) await store.append(id, [Message.user("one more")]);
    found.push(position);
  }
  expect(found).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect((await store.load(id))?.messages).toHaveLength(21);
});

test("a packed session is found, and shown in the trash when it is removed from there", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20, "Unmistakable");
  const { store } = openStore(directory);
  await store.pack(id);
  expect(await store.search("Unmistakable")).toMatchObject([{ id }]);
  expect((await store.search('"message 17"'))[0]).toMatchObject({ id, position: 17 });
  expect((await store.mostRecent())?.id).toBe(id);
  expect(await store.delete(id, { trash: true })).toBe(true);
  expect(await store.trashed()).toMatchObject([{ id, title: "Unmistakable", messageCount: 20 }]);
  await store.restore(id);
  expect(await texts(store, id)).toHaveLength(20);
});

const READS = fileURLToPath(new URL("reads-without-zstd.ts", import.meta.url));

test("where the runtime has no zstd, a packed session is refused, packing too, and others are not", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 20);
  const other = await storedSession(directory, 3);
  const { store } = openStore(directory);
  await store.pack(id);
  const out = execFileSync(process.execPath, [READS, directory, id, other], { encoding: "utf8" });
  expect(JSON.parse(out)).toEqual({
    load: "ZSTD_MISSING",
    append: "ZSTD_MISSING",
    verify: "ZSTD_MISSING",
    pack: "ZSTD_MISSING",
    listed: [other],
    unreadable: [{ id, code: "ZSTD_MISSING" }],
    other: 3,
  });
  // The index that it left says nothing wrong to this one.
  const again = openStore(directory).store;
  expect((await again.list({})).sessions).toHaveLength(2);
  expect(await texts(again, id)).toHaveLength(20);
});
