import { join } from "node:path";
import { expect, test } from "vitest";
import { gooseSessionId } from "../../src/importers/goose/goose-message.ts";
import { insert, openDatabase, GOOSE, T0 } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const CREATED = "2026-01-10 02:00:00";
const SECONDS = T0 / 1000;
const session = { working_dir: "/p", created_at: CREATED, updated_at: CREATED };

function database(): ReturnType<typeof openDatabase> {
  return openDatabase(place.base, "sessions.db", GOOSE);
}

async function imported(): ReturnType<typeof place.import> {
  return await place.import(join(place.base, "sessions.db"));
}

function message(
  id: string,
  at: number,
  role: string,
  content: unknown,
  metadata: object = {},
): Record<string, unknown> {
  return {
    ...{
      message_id: `${id} ${at}`,
      session_id: id,
      role,
      content_json: content,
      created_timestamp: SECONDS + at,
    },
    metadata_json: { userVisible: true, agentVisible: true, ...metadata },
  };
}

const text = (said: string): object[] => [{ type: "text", text: said }];

test("messages, calls and their results, a sub-agent, what each request took", async () => {
  const db = database();
  insert(
    db,
    "sessions",
    {
      id: "20260110_1",
      name: "Repair",
      user_set_name: 1,
      model_config_json: { model_name: "m-1" },
      ...session,
    },
    {
      id: "20260110_2",
      name: "CLI Session",
      session_type: "sub_agent",
      parent_session_id: "20260110_1",
      ...session,
    },
  );
  insert(
    db,
    "messages",
    message("20260110_1", 1, "user", text("Fix it")),
    message("20260110_1", 2, "assistant", [
      { type: "thinking", thinking: "hm", signature: "s" },
      {
        type: "toolRequest",
        id: "c1",
        toolCall: { status: "success", value: { name: "shell", arguments: { c: "ls" } } },
      },
      { type: "toolRequest", id: "c2", toolCall: { status: "error", error: "-32603: not JSON" } },
    ]),
    message("20260110_1", 3, "user", [
      {
        type: "toolResponse",
        id: "c1",
        toolResult: { status: "success", value: { content: text("a.txt"), isError: false } },
      },
      { type: "toolResponse", id: "c2", toolResult: { status: "error", error: "no such tool" } },
    ]),
    message("20260110_2", 4, "user", text("Look around")),
  );
  insert(
    db,
    "usage_ledger",
    {
      session_id: "20260110_1",
      created_timestamp: SECONDS,
      model: "m-1",
      input_tokens: 7,
      output_tokens: 2,
      cost: 0.5,
    },
    {
      session_id: "20260110_1",
      created_timestamp: SECONDS + 3600,
      model: "m-2",
      input_tokens: 1,
      cache_read_tokens: 4,
      cost: 0.25,
    },
  );
  db.close();
  expect(await imported()).toMatchObject({
    format: "goose",
    problemCount: 0,
    others: [{ outcome: "created" }],
  });
  const found = await place.session(gooseSessionId("20260110_1", CREATED));
  expect(found).toMatchObject({
    ...{ model: "m-1", workspacePath: "/p", createdAt: "2026-01-10T02:00:00Z" },
    metadata: {
      title: "Repair",
      turnCount: 1,
      toolCallCount: 1,
      custom: { source: "goose", agent_session: "20260110_1" },
    },
    extra: {
      usage: {
        tokens: [
          ["2026-01-10T02", "m-1", 7, 2, 0, 0, 0],
          ["2026-01-10T03", "m-2", 1, 0, 4, 0, 0],
        ],
        cost_usd: 0.75,
      },
    },
  });
  expect(found.messages).toMatchObject([
    { role: "user", id: "20260110_1 1", at: "2026-01-10T02:00:01.000Z", content: text("Fix it") },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "tool_use", id: "c1", name: "shell", input: { c: "ls" } },
        { type: "toolRequest", id: "c2" },
      ],
    },
    {
      role: "tool",
      content: [
        { tool_use_id: "c1", content: text("a.txt") },
        { tool_use_id: "c2", content: "no such tool", is_error: true },
      ],
    },
  ]);
  expect(await place.session(gooseSessionId("20260110_2", CREATED))).toMatchObject({
    parentId: gooseSessionId("20260110_1", CREATED),
    metadata: { title: "Look around" },
  });
});

test("a summary hides from the model what was said before; what nobody is shown is no message", async () => {
  const db = database();
  insert(db, "sessions", {
    id: "20260110_1",
    ...session,
    accumulated_input_tokens: 9,
    accumulated_cost: 0.1,
  });
  const hidden = { agentVisible: false };
  const unseen = { userVisible: false };
  insert(
    db,
    "messages",
    message("20260110_1", 0, "user", text("an earlier summary"), { ...hidden, ...unseen }),
    message("20260110_1", 1, "user", text("a"), hidden),
    message("20260110_1", 2, "assistant", text("b"), hidden),
    message("20260110_1", 3, "user", text("in short"), unseen),
    message("20260110_1", 4, "assistant", text("understood"), unseen),
    message("20260110_1", 5, "user", text("go on")),
  );
  db.close();
  await imported();
  const found = await place.session(gooseSessionId("20260110_1", CREATED));
  expect(told(found.messages)).toEqual([
    "user: a",
    "assistant: b",
    "user (meta): in short",
    "assistant (meta): understood",
    "user: go on",
  ]);
  expect(told(found.context())).toEqual([
    "user (meta): in short",
    "assistant (meta): understood",
    "user: go on",
  ]);
  expect(found).toMatchObject({
    metadata: { title: "a", turnCount: 2 },
    extra: { usage: { tokens: [["2026-01-10T02", "", 9, 0, 0, 0, 0]], cost_usd: 0.1 } },
  });
});

test("older tables have no parents and no requests, newer ones are told, odd contents too", async () => {
  const db = database();
  db.exec(
    "DROP TABLE usage_ledger; ALTER TABLE sessions DROP COLUMN parent_session_id; INSERT INTO schema_version (version) VALUES (99)",
  );
  insert(db, "sessions", { id: "old name", ...session });
  insert(
    db,
    "messages",
    message("old name", 1, "user", "no list"),
    message("old name", 2, "oracle", text("x")),
    message("old name", 3, "user", [{ type: "hologram" }, ...text("y")]),
  );
  db.close();
  const result = await imported();
  expect(result.sessionId).toBe(gooseSessionId("old name", "whenever"));
  expect(result.problems.map(({ reason, lost }) => [reason, lost])).toEqual([
    ["its tables are of version 99; up to 15 is known", false],
    ["the content of message 1 is no JSON list", true],
    ['a message has the unknown role "oracle"', true],
    ['a block of the unknown type "hologram"', false],
  ]);
});

test("a file from before there was a database, whose session the database has too", async () => {
  const lines = [
    {
      working_dir: "/p",
      description: "Older",
      message_count: 2,
      accumulated_input_tokens: 5,
      accumulated_output_tokens: 3,
    },
    { role: "user", created: SECONDS, content: text("hello") },
    {
      id: "m2",
      role: "assistant",
      created: SECONDS + 1,
      content: [
        ...text("hi"),
        { type: "toolRequest", id: "c", toolCall: { status: "success", value: { name: "ls" } } },
      ],
    },
    {
      role: "user",
      created: SECONDS + 2,
      content: [{ type: "toolResponse", id: "c", toolResult: { status: "success", value: text("x") } }],
    },
  ];
  const name = "20250921_151035.jsonl";
  const { result, session: found } = await place.read(lines, name);
  expect(result).toMatchObject({ format: "goose", outcome: "created", problemCount: 0 });
  expect(found).toMatchObject({
    ...{ id: gooseSessionId("20250921_151035", ""), workspacePath: "/p" },
    metadata: { title: "Older", turnCount: 1, toolCallCount: 1 },
  });
  expect(told(found.messages)).toEqual(["user: hello", "assistant: hi | call c", "tool: result c"]);

  const db = database();
  insert(db, "sessions", { id: "20250921_151035", name: "Older", ...session });
  insert(
    db,
    "messages",
    message("20250921_151035", 0, "user", text("hello")),
    message("20250921_151035", 1, "user", text("go on")),
  );
  db.close();
  expect(await imported()).toMatchObject({ sessionId: result.sessionId, outcome: "rewritten" });
  expect(await place.import(join(place.base, name))).toMatchObject({
    sessionId: result.sessionId,
    outcome: "unchanged",
  });
});
