import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { importFile } from "../../src/importers/import.ts";
import type { SessionId } from "../../src/index.ts";
import { importPlace } from "./place.ts";

const ID = "22222222-2222-4333-8444-555555555555";
const place = importPlace();

function turn(text: string, fields: object = {}): string {
  return JSON.stringify({
    ...{ type: "user", sessionId: ID, uuid: `uuid of ${text}`, timestamp: "2026-03-01T10:00:00.000Z" },
    ...fields,
    message: { role: "user", content: text },
  });
}

async function contents(id: SessionId): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { message } of place.store.messages(id)) found.push(message.content);
  return found;
}

const record = turn("a");
const states: [string, Buffer][] = [
  ["no last newline", Buffer.from(record)],
  ["carriage returns and a byte order mark", Buffer.from(`\ufeff${record}\r\n${turn("b")}\r\n`)],
  ["half a last line", Buffer.from(`${record}\n${turn("b").slice(0, 30)}`)],
  [
    "invalid UTF-8",
    Buffer.concat([Buffer.from(`${record}\n`), Buffer.from(turn("Z")).map((b) => (b === 0x5a ? 0xff : b))]),
  ],
  ["lines that are no JSON", Buffer.from(`what?\n${record}\n\n\n   \n{}\n[1]\n"x"`)],
  ["zero bytes", Buffer.concat([Buffer.alloc(100), Buffer.from(`${record}\n`), Buffer.alloc(100)])],
  [
    "doubled keys and odd numbers",
    Buffer.from(`${record.slice(0, -1)},"x":1,"x":1E400,"y":9007199254740993,"z":1.0}\n`),
  ],
  ["two records in one line", Buffer.from(`${record}${turn("b")}\n`)],
  ["a line of 30 MB", Buffer.from(`${turn("x".repeat(30 << 20))}\n${record}\n`)],
  ["escapes that nobody would write", Buffer.from(`${record.replace("user", "\\u0075ser")}\n`)],
];

test.each(states)("the file comes back byte for byte: %s", async (_what, bytes) => {
  const { result } = await place.read(bytes);
  expect((await place.original(result.sessionId)).equals(bytes)).toBe(true);
  expect(await place.import(join(place.base, "file.jsonl"))).toMatchObject({ outcome: "unchanged" });
});

test("an edit in place supersedes, at any length, and the older file is kept too", async () => {
  const path = place.file([turn("a"), turn("b"), turn("c")]);
  const before = readFileSync(path);
  const { sessionId } = await place.import(path);
  place.file([turn("a"), turn("B"), turn("c")]);
  expect(await place.import(path)).toMatchObject({ outcome: "rewritten", sessionId });
  expect(await contents(sessionId)).toEqual(["a", "B", "c"]);
  place.file([turn("a")]);
  expect(await place.import(path)).toMatchObject({ outcome: "rewritten", sessionId });
  expect(await contents(sessionId)).toEqual(["a"]);
  expect(await place.original(sessionId)).toEqual(readFileSync(path));
  expect(await place.original(sessionId, 1)).toEqual(before);
  await expect(place.original(sessionId, 4)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("a large file that is changed at its end keeps its beginning once", async () => {
  const lines = Array.from({ length: 3000 }, (_, index) =>
    turn(`${index} ${createHash("sha256").update(String(index)).digest("hex").repeat(20)}`),
  );
  const path = place.file(lines);
  const { sessionId } = await place.import(path);
  const other = [...lines.slice(0, -1), turn("another end")];
  place.file(other);
  const pieces = async (): Promise<number> => {
    let count = 0;
    for await (const _ of place.store.sideItems(sessionId, { list: "original" })) count++;
    return count;
  };
  const before = await pieces();
  expect(await place.import(path)).toMatchObject({ outcome: "rewritten" });
  expect((await pieces()) - before).toBeLessThan(before);
  expect(await place.original(sessionId)).toEqual(readFileSync(path));
  expect((await contents(sessionId)).at(-1)).toBe("another end");
});

test("a redacted session gives up its original, takes in what its file gains, and keeps one that was rewritten", async () => {
  const lines = [turn("a hunter2-prod"), turn("b")];
  const path = place.file(lines);
  const { sessionId } = await place.import(path);
  expect(await place.store.redact(sessionId, { also: ["hunter2-prod"] })).toMatchObject({
    original: "given up",
  });
  await expect(place.original(sessionId)).rejects.toThrow("given up when the session was redacted");
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
  place.file([...lines, turn("c")]);
  expect(await place.import(path)).toMatchObject({ outcome: "extended", sessionId });
  expect(await contents(sessionId)).toEqual(["a [redacted:named]", "b", "c"]);
  await expect(place.original(sessionId)).rejects.toThrow("given up when the session was redacted");
  place.file([turn("a"), turn("b"), turn("c")]);
  expect(await place.import(path)).toMatchObject({ outcome: "rewritten", sessionId });
  expect(await contents(sessionId)).toEqual(["a", "b", "c"]);
  expect(await place.original(sessionId)).toEqual(readFileSync(path));
});

test("what comes back is checked against its digest first", async () => {
  const { sessionId } = await place.import(place.file([turn("a")]));
  const items: unknown[] = [];
  for await (const { item } of place.store.sideItems(sessionId, { list: "original" })) items.push(item);
  const [piece] = items as { zstd: string; bytes: number; sha256: string }[];
  const forged = { ...piece, zstd: zstdCompressSync(Buffer.alloc(piece?.bytes ?? 0)).toString("base64") };
  const id = "33333333-2222-4333-8444-555555555555";
  await place.store.commit(id, { base: 0, splice: [0, 0, []], side: { original: [forged] } });
  await expect(place.original(id)).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
});

test("an import of a rewritten file that ends in the middle goes on the next time: nothing doubled, no second session", async () => {
  const lines = Array.from({ length: 2500 }, (_, index) =>
    turn(`${index} ${createHash("sha256").update(String(index)).digest("hex").repeat(20)}`),
  );
  const path = place.file(lines);
  const { sessionId } = await place.import(path);
  place.file([
    ...lines.slice(0, -1),
    turn("another end"),
    ...lines.slice(0, 500).map((line) => line.replaceAll("uuid of", "again")),
  ]);
  for (const stopAt of [1, 2]) {
    let chunks = 0;
    const onProgress = (): void => {
      if (++chunks > stopAt) throw new Error("the power went");
    };
    await expect(importFile(place.store, path, { onProgress })).rejects.toThrow("the power went");
  }
  expect(await place.import(path)).toMatchObject({ sessionId, divergedFrom: undefined });
  expect((await place.original(sessionId)).equals(readFileSync(path))).toBe(true);
  expect(await contents(sessionId)).toHaveLength(3000);
  expect(await place.store.list()).toEqual([sessionId]);
});
