import { join } from "node:path";
import { expect, test } from "vitest";
import { opencodeSessionId } from "../../src/importers/opencode/opencode-reader.ts";
import { insert, openDatabase, opencode, OPENCODE, T0 } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const TOKENS = { input: 10, output: 5, reasoning: 2, cache: { read: 3, write: 1 } };

function database(): ReturnType<typeof openDatabase> {
  return openDatabase(place.base, "opencode.db", OPENCODE);
}

async function imported(): ReturnType<typeof place.import> {
  return await place.import(join(place.base, "opencode.db"));
}

const at = (ms: number): string => new Date(T0 + ms).toISOString();

test("messages with their parts; calls and their results; a sub-agent under its parent; tokens and cost", async () => {
  const db = database();
  insert(
    db,
    "session",
    opencode.session("ses_1"),
    opencode.session("ses_2", {
      parent_id: "ses_1",
      title: "Child session - 2026-01-10T02:00:00.000Z",
      time_created: T0 + 1,
    }),
  );
  insert(
    db,
    "message",
    opencode.message("ses_1", "msg_1", 10, { role: "user", agent: "build" }),
    opencode.message("ses_1", "msg_2", 20, {
      role: "assistant",
      parentID: "msg_1",
      modelID: "m-1",
      providerID: "p",
      cost: 0.25,
      tokens: TOKENS,
    }),
    opencode.message("ses_2", "msg_3", 30, { role: "user" }),
  );
  insert(
    db,
    "part",
    // Out of their order on purpose: a part's id tells it.
    opencode.part("ses_1", "msg_2", "prt_5", {
      type: "tool",
      callID: "c2",
      tool: "task",
      state: { status: "completed", input: { n: 1 }, output: "found", metadata: { sessionId: "ses_2" } },
    }),
    opencode.part("ses_1", "msg_2", "prt_3", { type: "reasoning", text: "hm" }),
    opencode.part("ses_1", "msg_2", "prt_4", {
      type: "tool",
      callID: "c1",
      tool: "read",
      state: { status: "error", input: {}, error: "no such file" },
    }),
    opencode.part("ses_1", "msg_2", "prt_6", {
      type: "step-finish",
      reason: "stop",
      cost: 1,
      tokens: TOKENS,
    }),
    opencode.part("ses_1", "msg_2", "prt_7", {
      type: "tool",
      callID: "c3",
      tool: "bash",
      state: { status: "running", input: {} },
    }),
    opencode.part("ses_1", "msg_1", "prt_1", { type: "text", text: "Fix the build" }),
    opencode.part("ses_1", "msg_1", "prt_2", { type: "text", text: "<file>…</file>", synthetic: true }),
    opencode.part("ses_2", "msg_3", "prt_8", { type: "text", text: "Look for x" }),
  );
  db.close();

  const result = await imported();
  expect(result).toMatchObject({ format: "opencode", source: "ses_2", outcome: "created", problemCount: 0 });
  expect(result.others).toMatchObject([{ source: "ses_1", outcome: "created", messagesAdded: 4 }]);
  const session = await place.session(opencodeSessionId("ses_1"));
  expect(session).toMatchObject({
    ...{ model: "m-1", workspacePath: "/home/dev/project", createdAt: at(0) },
    metadata: {
      title: "A title",
      turnCount: 1,
      toolCallCount: 3,
      custom: { source: "opencode", agent_session: "ses_1" },
    },
    extra: { usage: { tokens: [["2026-01-10T02", "m-1", 10, 5, 3, 1, 2]], cost_usd: 0.25 } },
  });
  expect((await place.store.summary(session.id))?.updatedAt).toBe(at(20));
  expect(session.messages).toMatchObject([
    {
      role: "user",
      id: "msg_1",
      at: at(10),
      content: [{ type: "text", text: "Fix the build" }, { type: "text" }],
    },
    {
      ...{ role: "assistant", id: "msg_2", model: "m-1", usage: { input: 10, output: 5, cache_read: 3 } },
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "tool_use", id: "c1", name: "read", input: {} },
        { type: "tool_use", id: "c2", name: "task", input: { n: 1 } },
        { type: "tool_use", id: "c3", name: "bash" },
      ],
    },
    {
      role: "tool",
      content: [{ type: "tool_result", tool_use_id: "c1", content: "no such file", is_error: true }],
    },
    {
      role: "tool",
      content: [{ tool_use_id: "c2", content: "found" }],
      subsession: opencodeSessionId("ses_2"),
    },
  ]);
  expect(await place.session(opencodeSessionId("ses_2"))).toMatchObject({
    parentId: opencodeSessionId("ses_1"),
    metadata: { title: "Look for x" },
  });
});

test("an older message with several steps becomes an answer for each, with the results behind it", async () => {
  const db = database();
  insert(db, "session", opencode.session("ses_1"));
  insert(
    db,
    "message",
    opencode.message("ses_1", "msg_1", 1, {
      role: "assistant",
      modelID: "m",
      tokens: { ...TOKENS, total: 21 },
    }),
  );
  const tool = (callID: string): object => ({
    type: "tool",
    callID,
    tool: "ls",
    state: { status: "completed", input: {}, output: callID },
  });
  insert(
    db,
    "part",
    ...[
      { type: "step-start" },
      { type: "text", text: "one" },
      tool("c1"),
      tool("c2"),
      { type: "step-finish" },
      { type: "step-start" },
      { type: "text", text: "two" },
      { type: "patch", hash: "x", files: [] },
    ].map((data, index) => opencode.part("ses_1", "msg_1", `prt_${index}`, data)),
  );
  db.close();
  await imported();
  const { messages, extra } = await place.session(opencodeSessionId("ses_1"));
  expect(told(messages)).toEqual([
    "assistant: one | call c1 | call c2",
    "tool: result c1",
    "tool: result c2",
    "assistant: two",
  ]);
  expect(messages.map(({ id }) => id)).toEqual(["msg_1", undefined, undefined, "prt_5"]);
  // The total tells that reasoning is not in the output here.
  expect(extra["usage"]).toMatchObject({ tokens: [["2026-01-10T02", "m", 10, 7, 3, 1, 2]] });
});

test("what was taken back is no part of the conversation, and is counted; a whole message or from a part on", async () => {
  const db = database();
  insert(
    db,
    "session",
    opencode.session("ses_1", { revert: { messageID: "msg_3" } }),
    opencode.session("ses_2", { revert: { messageID: "msg_6", partID: "prt_62" } }),
  );
  const say = (session: string, id: string, n: number, role: string, texts: string[]): void => {
    insert(db, "message", opencode.message(session, id, n, { role, modelID: "m", tokens: TOKENS }));
    for (const [index, text] of texts.entries())
      insert(db, "part", opencode.part(session, id, `prt_${n}${index + 1}`, { type: "text", text }));
  };
  say("ses_1", "msg_1", 1, "user", ["a"]);
  say("ses_1", "msg_2", 2, "assistant", ["b"]);
  say("ses_1", "msg_3", 3, "user", ["wrong"]);
  say("ses_1", "msg_4", 4, "assistant", ["wrong too"]);
  say("ses_2", "msg_5", 5, "user", ["a"]);
  say("ses_2", "msg_6", 6, "assistant", ["kept", "wrong"]);
  say("ses_2", "msg_7", 7, "user", ["wrong"]);
  await imported();
  const reverted = await place.session(opencodeSessionId("ses_1"));
  expect(told(reverted.messages)).toEqual(["user: a", "assistant: b"]);
  expect(reverted.extra["usage"]).toMatchObject({ tokens: [["2026-01-10T02", "m", 20, 10, 6, 2, 4]] });
  expect(told((await place.session(opencodeSessionId("ses_2"))).messages)).toEqual([
    "user: a",
    "assistant: kept",
  ]);

  // The revert is undone.
  db.exec("UPDATE session SET revert = NULL, time_updated = time_updated + 1 WHERE id = 'ses_1'");
  db.close();
  expect((await imported()).others).toMatchObject([
    { source: "ses_1", outcome: "extended", messagesAdded: 2 },
  ]);
});

test("a summary stands for what was said before it, but for the messages that it keeps", async () => {
  const db = database();
  insert(db, "session", opencode.session("ses_1"));
  insert(
    db,
    "message",
    ...["user", "assistant", "user", "assistant", "user"].map((role, n) =>
      opencode.message("ses_1", `msg_${n}`, n, {
        role,
        ...(n === 3 && { summary: true, parentID: "msg_2", finish: "stop" }),
      }),
    ),
  );
  insert(
    db,
    "part",
    ...["old", "kept", undefined, "in short", "go on"].map((text, n) =>
      opencode.part(
        "ses_1",
        `msg_${n}`,
        `prt_${n}`,
        text === undefined
          ? { type: "compaction", auto: true, tail_start_id: "msg_1" }
          : { type: "text", text },
      ),
    ),
  );
  db.close();
  await imported();
  const session = await place.session(opencodeSessionId("ses_1"));
  expect(session.messages[2]).toMatchObject({ meta: true });
  expect(session.messages[3]).toMatchObject({ compaction: { keeps: 2 } });
  expect(session.metadata.turnCount).toBe(2);
  expect(told(session.context())).toEqual([
    "assistant (meta): in short",
    "assistant: kept",
    expect.stringMatching(/^user/) as string,
    "user: go on",
  ]);
});

test("odd rows are told and kept: no JSON, unknown roles and parts, parts of nobody, a newer table, no session", async () => {
  const db = database();
  db.exec("CREATE TABLE thought (session_id text, text text); ALTER TABLE session ADD COLUMN mood text");
  insert(db, "session", opencode.session("ses_1", { mood: "good" }), opencode.session("ses_2"));
  insert(db, "message", { ...opencode.message("ses_1", "msg_1", 1, {}), data: "{half" });
  insert(
    db,
    "message",
    opencode.message("ses_1", "msg_2", 2, { role: "oracle" }),
    opencode.message("ses_1", "msg_3", 3, { role: "user" }),
    opencode.message("ses_9", "msg_9", 3, { role: "user" }),
  );
  insert(
    db,
    "part",
    opencode.part("ses_1", "msg_3", "prt_1", { type: "dream", text: "?" }),
    opencode.part("ses_1", "msg_77", "prt_2", { type: "text", text: "x" }),
    opencode.part("ses_1", "msg_9", "prt_3", { type: "text", text: "y" }),
  );
  insert(db, "thought", { session_id: "ses_1", text: "deep" });
  insert(db, "todo", { session_id: "ses_1", content: "do it", position: 0 });
  db.close();
  const result = await imported();
  expect(result).toMatchObject({ lossy: true, problemCount: 7 });
  expect(result.problems.map(({ session, reason, lost }) => [session, reason, lost])).toEqual([
    [undefined, "rows of the unknown table thought are kept unread", false],
    [undefined, "it has rows of 1 sessions that it does not list: ses_9", true],
    ["ses_1", "the data of message msg_1 is no JSON object", true],
    ["ses_1", 'message msg_2 has the unknown role "oracle"', true],
    ["ses_1", "part prt_2 belongs to no message of this session", true],
    ["ses_1", "part prt_3 belongs to no message of this session", true],
    ["ses_1", 'a part of the unknown type "dream"', false],
  ]);
  const lines = (await place.original(opencodeSessionId("ses_1"))).toString().trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as { table: string; row: Record<string, unknown> });
  expect(rows.map(({ table }) => table)).toEqual([
    "message",
    "message",
    "message",
    "part",
    "part",
    "part",
    "thought",
    "todo",
    "session",
  ]);
  expect(rows[0]?.row["data"]).toBe("{half");
  expect(rows[6]?.row).toEqual({ session_id: "ses_1", text: "deep" });
  expect(rows.at(-1)?.row).toMatchObject({ id: "ses_1", mood: "good" });
});
