import { PGlite } from "@electric-sql/pglite";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StorageEngine } from "../../src/engine/contract.ts";
import { MemoryEngine } from "../../src/engine/memory/memory-engine.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { importFile } from "../../src/importers/import.ts";
import { jsonText, parseJson, type JsonObject } from "../../src/session/json/json.ts";
import { parseMessage } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { copyStore } from "../../src/store/copy-store.ts";
import { SessionStore } from "../../src/store/session-store.ts";

const CALL =
  '{"role":"assistant","content":[{"id":"a","name":"b","arguments":{"id":9007199254740993,"n":18446744073709551615,"x":1.0}}],"cost":0.10}';
const EXTRA = '{"later":1.0,"deep":{"n":[1e5]}}';
const ITEM = '{"step":2.0}';

const database = new PGlite();
afterAll(() => database.close());
let folder: string;
const engines: StorageEngine[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "astrid-numbers-"))));
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  rmSync(folder, { recursive: true, force: true });
});

let tenants = 0;
const kinds: Record<string, () => StorageEngine> = {
  memory: () => new MemoryEngine(),
  postgres: () => new PostgresEngine({ client: database, tenant: `numbers-${tenants++}` }),
};

function opened(kind: string): StorageEngine {
  const engine = (kinds[kind] as () => StorageEngine)();
  engines.push(engine);
  return engine;
}

async function stored(engine: StorageEngine): Promise<SessionId> {
  const id = newSessionId();
  await engine.commit(id, {
    base: 0,
    splice: [0, 0, [parseMessage(CALL)]],
    set: { extra: parseJson(EXTRA) as JsonObject },
    side: { steps: [parseJson(ITEM)] },
  });
  return id;
}

async function expectStored(engine: StorageEngine, id: SessionId): Promise<void> {
  const session = await engine.read(id);
  expect(session?.messages.map(jsonText)).toEqual([CALL]);
  expect(jsonText(session?.head.extra ?? null)).toBe(EXTRA);
  const streamed: string[] = [];
  for await (const { message } of engine.messages(id, {})) streamed.push(jsonText(message));
  expect(streamed).toEqual([CALL]);
  for await (const commit of engine.commits(id, 0)) {
    if (commit.splice !== undefined) expect(commit.splice[2].map(jsonText)).toEqual([CALL]);
    if (commit.set?.extra !== undefined) expect(jsonText(commit.set.extra)).toBe(EXTRA);
  }
  for await (const { item } of engine.sideItems(id, { list: "steps" })) expect(jsonText(item)).toBe(ITEM);
}

describe.each(Object.keys(kinds))("%s keeps the text of numbers", (kind) => {
  test("that were read", async () => {
    const engine = opened(kind);
    await expectStored(engine, await stored(engine));
  });

  test("when a session is loaded, gets a message, and is saved", async () => {
    const engine = opened(kind);
    const id = await stored(engine);
    const store = new SessionStore(engine);
    const session = await store.load(id);
    session?.addMessage(parseMessage('{"role":"user","content":"x","at":"2026-01-01T00:00:00Z"}'));
    if (session !== undefined) await store.save(session);
    expect((await engine.read(id))?.messages.map(jsonText)[0]).toBe(CALL);
    expect(jsonText((await engine.read(id))?.head.extra ?? null)).toBe(EXTRA);
  });

  test.each(Object.keys(kinds))("when it is copied to %s", async (other) => {
    const [from, to] = [opened(kind), opened(other)];
    const id = await stored(from);
    await copyStore(from, to);
    await expectStored(to, id);
  });
});

describe("importing keeps the text of numbers", () => {
  async function imported(name: string, text: string): Promise<StorageEngine> {
    const engine = opened("memory");
    const path = join(folder, name);
    writeFileSync(path, text);
    await importFile(new SessionStore(engine), path);
    return engine;
  }

  test("of Astrid's document", async () => {
    const id = newSessionId();
    const engine = await imported(
      `${id}.json`,
      `{"id":"${id}","user_id":"","system_prompt":"","created_at":"2026-01-01T00:00:00Z","token_count":0,"later":1.0,
      "metadata":{"title":null,"tags":[],"turn_count":0,"tool_call_count":0,"approval_count":0,"custom":{},"mood":2.0},
      "messages":[${CALL}]}`,
    );
    const session = await engine.read(id);
    expect(session?.messages.map(jsonText)).toEqual([CALL]);
    expect(jsonText(session?.head.extra ?? null)).toBe('{"later":1.0}');
    expect(jsonText(session?.head.metadataExtra ?? null)).toBe('{"mood":2.0}');
  });

  test("of a transcript of Claude Code", async () => {
    const record =
      '{"type":"assistant","sessionId":"3c1c0b5e-8f4e-4b0e-9d7e-0d6f1c9a0001","uuid":"u","timestamp":"2026-01-01T00:00:00Z","cost":1.0,"message":{"role":"assistant","content":[{"input":{"n":9007199254740993}}],"usage":2.0}}';
    const engine = await imported("t.jsonl", `${record}\n`);
    const [summary] = (await engine.list({})).sessions;
    const [message] = (await engine.read(summary?.id as SessionId))?.messages ?? [];
    expect(jsonText(message?.content ?? null)).toContain('"n":9007199254740993');
  });
});
