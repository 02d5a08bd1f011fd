import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, onTestFinished, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** Something that stands in a row beside the commits, changed behind the engine's back. */
const DERIVED: readonly (readonly [what: string, statement: string])[] = [
  ["next_slot, too low", "update sessions set next_slot = 1"],
  ["next_slot, too high", "update sessions set next_slot = next_slot + 7"],
  ["next_item", "update sessions set next_item = 0"],
  ["revision, too low", "update sessions set revision = revision - 1"],
  ["tag", "update sessions set tag = gen_random_uuid()"],
  ["runs", "update sessions set runs = array[0, 2]"],
  ["message_count", "update sessions set message_count = 1"],
  ["bytes", "update sessions set bytes = bytes + 1"],
  ["preview", `update sessions set preview = '"something else"'`],
  ["preview that is missing", "update sessions set preview = null"],
  ["preview_position", "update sessions set preview_position = 0"],
  ["updated_ms", "update sessions set updated_ms = 5"],
  ["token_count", "update sessions set token_count = 7"],
  ["turn_count", "update sessions set turn_count = 99"],
  ["title", `update heads set title = '"another"'`],
  ["title_folded", "update heads set title_folded = 'another'"],
  ["title_words", "update heads set title_words = 'another:1'"],
  ["tags", `update heads set tags = '["x"]'`],
  ["tag_keys", "update heads set tag_keys = '{}'"],
  ["created_ms", "update heads set created_ms = 0"],
  ["heads.id", "update heads set id = gen_random_uuid()"],
  ["custom", "update heads set custom = 'no JSON'"],
  ["heads, a missing row", "delete from heads"],
  ["activity, a missing row", "delete from activity"],
  ["activity.listed", "update activity set listed = false"],
  ["activity.updated_ms", "update activity set updated_ms = 1"],
  ["indexed, too far", "update indexed set past = 1000 where life in (select life from sessions)"],
  ["words, a missing row", "delete from words where slot = 0"],
];

/** Something that nothing else tells. */
const DAMAGED: readonly (readonly [what: string, statement: string])[] = [
  ["a message", `update messages set body = replace(body, 'hello', 'hullo') where slot = 0`],
  ["a side item", `update side_items set body = '2' where number = 0`],
  ["at_ms", "update commits set at_ms = at_ms - 1 where revision = 1"],
  ["a commit's bytes", "update commits set bytes = 1 where revision = 1"],
  ["a commit's place", "update commits set start = 0 where revision = 2"],
  ["an operation", `update commits set operation_id = '"other"' where revision = 2`],
  ["a commit's changes", `update commits set changes = null, sets_tokens = false where revision = 1`],
  ["a commit that is gone", "delete from commits where revision = 2"],
  ["a message that is gone", "delete from messages where slot = 1"],
];

describeWithServer("verify and repair", () => {
  let server: TestServer;
  let engine: PostgresEngine;
  let id: SessionId;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  beforeEach(async () => {
    const schema = `s${newSessionId().slice(0, 8)}`;
    engine = new PostgresEngine({ url: server.url, schema, connections: 1 });
    onTestFinished(() => engine.close());
    change = (statement) => void server.sql(`set search_path = ${schema}; ${statement}`);
    id = newSessionId();
    const set = { title: "First Steps", tags: ["one", "two"], createdAt: "2026-01-02T03:04:05.678Z" };
    const [hello, answer] = [Message.user("hello there"), Message.assistant("hi")];
    await engine.commit(id, { base: 0, splice: ["end", 0, [hello]], set, side: { list: [1, 2] } });
    await engine.commit(id, { base: 1, operationId: "op", splice: ["end", 0, [answer]], addTokens: 5 });
    await engine.commit(id, { base: 2, splice: [1, 1, [Message.assistant("better"), Message.user("ok")]] });
    assert.equal((await engine.search({ text: "hello" })).length, 1);
  });
  let change: (statement: string) => void;

  test("say that nothing is wrong where nothing is, and change nothing", async () => {
    assert.deepEqual((await engine.verify(id)).findings, []);
    assert.deepEqual(await engine.repair(id), { id, actions: [], lostRevisions: 0 });
    // A restored session is newer than its last commit.
    await engine.remove(id, { trash: true });
    await engine.restore(id);
    assert.deepEqual((await engine.verify(id)).findings, []);
    await assert.rejects(engine.verify(newSessionId()), { code: "SESSION_NOT_FOUND" });
    await assert.rejects(engine.repair(newSessionId()), { code: "SESSION_NOT_FOUND" });
  });

  test.each(DERIVED)("find and repair %s", async (_, statement) => {
    const before = await engine.read(id);
    const summary = await engine.summary(id);
    change(statement);
    const found = await engine.verify(id);
    assert.equal(found.state, "repairable", found.findings.join(" "));
    assert.equal(found.findings.length > 0, true);
    const { actions, lostRevisions } = await engine.repair(id);
    assert.ok(actions.length > 0);
    assert.equal(lostRevisions, 0);
    assert.deepEqual((await engine.verify(id)).findings, []);
    assert.deepEqual(await engine.read(id), before);
    assert.deepEqual(await engine.summary(id), summary);
    assert.deepEqual((await engine.list({ tag: "one", titleMatches: "steps" })).sessions, [summary]);
    assert.equal((await engine.search({ text: "hello" })).length, 1);
    // And it can be written to.
    const splice = ["end", 0, [Message.user("more")]] as const;
    assert.equal((await engine.commit(id, { base: 3, splice })).revision, 4);
    assert.deepEqual((await engine.verify(id)).findings, []);
  });

  test.each(DAMAGED)("find %s, and repair nothing of it", async (_, statement) => {
    change(statement);
    assert.equal((await engine.verify(id)).state, "damaged");
    // What stands beside damaged commits may be right where they are not.
    change("update sessions set bytes = 1");
    assert.deepEqual(await engine.repair(id), { id, actions: [], lostRevisions: undefined });
    assert.equal((await engine.verify(id)).state, "damaged");
    assert.equal((await engine.summary(id))?.bytes, 1);
  });

  test("a commit whose place is taken fails with a sentence, and stores nothing, instead of trying for ever", async () => {
    for (const statement of [
      "update sessions set next_slot = 0",
      "update sessions set next_item = 0, next_slot = 4",
      "update sessions set revision = 2, next_item = 2",
    ]) {
      change(statement);
      const base = (await engine.summary(id))?.revision ?? 0;
      const splice = ["end", 0, [Message.user("more")]] as const;
      for (const commit of [
        { base, splice, side: { list: [3] } },
        { splice, side: { list: [3] } },
      ]) {
        await assert.rejects(
          engine.commit(id, commit),
          (error: Error & { code?: string; outcome?: string }) => {
            assert.equal(error.code, "CORRUPT_SESSION");
            assert.equal(error.outcome, "not-stored");
            assert.match(error.message, /doctor --repair/);
            return true;
          },
        );
      }
    }
    await engine.repair(id);
    assert.equal((await engine.commit(id, { base: 3, set: { turnCount: 2 } })).revision, 4);
  });

  test("commits of before there were seals are no damage", async () => {
    change("update commits set seal = null");
    assert.equal((await engine.verify(id)).state, "ok");
  });
});
