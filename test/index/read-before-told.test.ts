import { appendFileSync, cpSync, linkSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { SessionPaths } from "../../src/engine/file/disk/session-paths.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Every way to read of a session how far it is. */
const READS: Readonly<Record<string, (engine: FileEngine, id: SessionId) => Promise<number | undefined>>> = {
  read: async (engine, id) => (await engine.read(id))?.revision,
  head: async (engine, id) => (await engine.head(id))?.revision,
  summary: async (engine, id) => (await engine.summary(id))?.revision,
  verify: async (engine, id) => (await engine.verify(id)).revision,
  snapshot: async (engine, id) => {
    const snapshot = await engine.snapshot(id);
    snapshot?.close();
    return snapshot?.revision;
  },
  messages: async (engine, id) => {
    let last = 0;
    for await (const { position } of engine.messages(id, {})) last = position + 1;
    return last;
  },
  sideItems: async (engine, id) => {
    let last = 1;
    for await (const { position } of engine.sideItems(id, { list: "notes" })) last = position + 1;
    return last;
  },
  commits: async (engine, id) => {
    let last = 0;
    for await (const { revision } of engine.commits(id, 0)) last = revision;
    return last;
  },
};

describe("a listing is not older than what was read before it, where the kernel has not told of the change yet", () => {
  // A writer that is interrupted within its call: what it writes can be read, and is told of when the call returns.
  // Here it is told of in another folder, which is as good as never.
  test.each(Object.entries(READS))("by %s", async (_name, read) => {
    using folder = temporaryDirectory();
    const directory = join(folder.path, "sessions");
    const id = newSessionId();
    const commit = async (place: string, n: number): Promise<void> => {
      await using engine = closing(new FileEngine(place));
      const side = { notes: [n] };
      await engine.commit(id, { base: n - 1, splice: [n - 1, 0, [Message.user(`message ${n}`)]], side });
    };
    await commit(directory, 1);
    const copy = join(folder.path, "copy");
    cpSync(directory, copy, { recursive: true });
    await commit(copy, 2);
    const journal = new SessionPaths(directory).journal(id);
    const more = readFileSync(new SessionPaths(copy).journal(id)).subarray(readFileSync(journal).length);

    await using engine = closing(new FileEngine(directory));
    const listed = async (): Promise<number | undefined> => (await engine.list({})).sessions[0]?.revision;
    expect(await listed()).toBe(1);
    expect(await listed()).toBe(1);
    const elsewhere = join(folder.path, "elsewhere");
    mkdirSync(elsewhere);
    linkSync(journal, join(elsewhere, "journal"));
    expect(await listed()).toBe(1);
    appendFileSync(join(elsewhere, "journal"), more);
    expect(await read(engine, id)).toBe(2);
    expect(await listed()).toBe(2);
    expect(await engine.search({ text: "message 2" })).toHaveLength(1);
  });
});

function closing(engine: FileEngine): FileEngine & AsyncDisposable {
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() });
}
