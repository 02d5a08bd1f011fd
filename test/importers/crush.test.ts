import { join } from "node:path";
import { expect, test } from "vitest";
import { derivedSessionId } from "../../src/importers/identity.ts";
import { CRUSH, insert, openDatabase, T0 } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const ID = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";
const SECONDS = T0 / 1000;
const times = { created_at: SECONDS, updated_at: SECONDS + 60 };

function database(): ReturnType<typeof openDatabase> {
  return openDatabase(place.base, "project/.crush/crush.db", CRUSH);
}

async function imported(): ReturnType<typeof place.import> {
  return await place.import(join(place.base, "project/.crush/crush.db"));
}

function message(
  session: string,
  id: string,
  at: number,
  role: string,
  parts: unknown,
  fields: object = {},
): Record<string, unknown> {
  return {
    id,
    session_id: session,
    role,
    parts,
    created_at: SECONDS + at,
    updated_at: SECONDS + at,
    ...fields,
  };
}

const part = (type: string, data: object): object => ({ type, data });
const text = (said: string, fields: object = {}): object => part("text", { text: said, ...fields });

test("messages, calls and their results, the session of a sub-agent, the project that it lies in", async () => {
  const db = database();
  const child = `msg-2$$c1`;
  insert(
    db,
    "sessions",
    { id: ID, title: "Repair", prompt_tokens: 10, completion_tokens: 4, cost: 0.5, ...times },
    { id: child, parent_session_id: ID, title: "Look", ...times },
  );
  insert(db, "files", { id: "f", session_id: ID, path: "a.ts", content: "x", ...times });
  insert(
    db,
    "messages",
    message(ID, "msg-1", 1, "user", [
      text("Fix it"),
      part("binary", { Path: "a.png", MIMEType: "image/png", Data: "AA==" }),
      part("finish", { reason: "stop" }),
    ]),
    message(
      ID,
      "msg-2",
      1,
      "assistant",
      [
        part("reasoning", { thinking: "hm" }),
        text("So"),
        part("tool_call", { id: "c1", name: "agent", input: '{"p":9007199254740993}', finished: true }),
        part("tool_call", { id: "c2", name: "bash", input: '{"cut' }),
        part("finish", { reason: "tool_use", time: 1 }),
      ],
      { model: "m-1" },
    ),
    // The column is declared as bytes; some versions store those.
    message(
      ID,
      "msg-3",
      2,
      "tool",
      new TextEncoder().encode(
        JSON.stringify([
          part("tool_result", { tool_call_id: "c1", content: "ok" }),
          part("tool_result", { tool_call_id: "c2", content: "no", is_error: true }),
        ]),
      ),
    ),
    message(ID, "msg-4", 3, "assistant", [part("finish", { reason: "error", message: "quota" })]),
    message(child, "msg-5", 4, "user", [text("Look around")]),
  );
  db.close();
  const result = await imported();
  expect(result).toMatchObject({ format: "crush", problemCount: 0 });
  const session = await place.session(ID);
  expect(session).toMatchObject({
    ...{ model: "m-1", workspacePath: join(place.base, "project"), createdAt: "2026-01-10T02:00:00.000Z" },
    metadata: { title: "Repair", turnCount: 1, toolCallCount: 2, custom: { source: "crush" } },
    extra: { usage: { tokens: [["2026-01-10T02", "m-1", 10, 4, 0, 0, 0]], cost_usd: 0.5 } },
  });
  expect(told(session.messages)).toEqual([
    expect.stringMatching(/^user: Fix it \| .*binary/) as string,
    expect.stringMatching(/^assistant: .*hm.* \| So \| call c1 \| call c2$/) as string,
    "tool: result c1 | result c2",
    "assistant: quota",
  ]);
  expect(session.messages[1]?.content).toContainEqual({
    type: "tool_use",
    id: "c2",
    name: "bash",
    input: '{"cut',
  });
  const childId = derivedSessionId("crush", "session", child);
  expect(await place.session(childId)).toMatchObject({
    parentId: ID,
    metadata: { custom: { parent_call: "c1" } },
  });
  const rows = (await place.original(ID)).toString();
  expect(rows).toContain('"table":"files"');
});

test("a summary, a hidden prompt, a shell command of the person's, unknown roles and parts", async () => {
  const db = database();
  insert(db, "sessions", { id: ID, title: "T", ...times });
  insert(
    db,
    "messages",
    message(ID, "1", 1, "user", [text("a")]),
    message(ID, "2", 2, "assistant", [text("in short")], { is_summary_message: 1 }),
    message(ID, "3", 3, "user", [text("go on by yourself", { hidden: true })]),
    message(ID, "4", 4, "user", [part("shell_command", { command: "ls", output: "x", exit_code: 0 })]),
    message(ID, "5", 5, "oracle", [part("dream", {})]),
    message(ID, "6", 6, "user", "[half"),
  );
  db.close();
  const result = await imported();
  expect(result.problems.map(({ reason, lost }) => [reason, lost])).toEqual([
    ['a part of the unknown type "dream"', false],
    ['message 5 has the unknown role "oracle"', false],
    ["the parts of message 6 are no JSON list", true],
  ]);
  const session = await place.session(ID);
  expect(session.metadata.turnCount).toBe(1);
  expect(told(session.messages).slice(0, 3)).toEqual([
    "user: a",
    "assistant (meta): in short",
    "user (meta): go on by yourself",
  ]);
  expect(told(session.context())[0]).toBe("assistant (meta): in short");
});
