// What a runtime without zstd makes of a store: `node reads-without-zstd.ts <directory> <packed> <other>`.
import { createRequire, syncBuiltinESMExports } from "node:module";

const zlib = createRequire(import.meta.url)("node:zlib") as Record<string, unknown>;
delete zlib["zstdCompressSync"];
delete zlib["zstdDecompressSync"];
syncBuiltinESMExports();

const { Message, SessionStore } = await import("../../src/index.ts");
const [directory = "", packed = "", other = ""] = process.argv.slice(2);
await using store = new SessionStore(directory);

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => "done",
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

const { sessions, unreadable } = await store.list({});
const found = {
  load: await codeOf(store.load(packed)),
  append: await codeOf(store.append(packed, [Message.user("x")])),
  verify: await codeOf(store.verify(packed)),
  pack: await codeOf(store.pack(other)),
  listed: sessions.map(({ id }) => id),
  unreadable: unreadable.map(({ id, error }) => ({ id, code: error.code })),
  other: (await store.load(other))?.messageCount,
};
console.log(JSON.stringify(found));
