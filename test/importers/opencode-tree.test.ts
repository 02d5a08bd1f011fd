import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder } from "../../src/importers/read/files.ts";
import { opencodeSessionId } from "../../src/importers/opencode/opencode-reader.ts";
import { insert, opencode, openDatabase, OPENCODE, T0 } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const A = opencodeSessionId("ses_a");
const SESSION = "storage/session/global/ses_a.json";

function write(name: string, value: unknown): string {
  return place.file(typeof value === "string" ? value : JSON.stringify(value, null, 2), name);
}

function tree(): string {
  write("storage/message/ses_a/msg_2.json", {
    id: "msg_2",
    sessionID: "ses_a",
    role: "user",
    time: { created: T0 + 1 },
  });
  write("storage/message/ses_a/msg_1.json", {
    id: "msg_1",
    sessionID: "ses_a",
    role: "assistant",
    modelID: "m",
    time: { created: T0 + 2 },
  });
  write("storage/part/msg_2/prt_1.json", { id: "prt_1", messageID: "msg_2", type: "text", text: "hello" });
  write("storage/part/msg_1/prt_3.json", {
    id: "prt_3",
    type: "tool",
    callID: "c",
    tool: "ls",
    state: { status: "completed", input: {}, output: "x" },
  });
  write("storage/part/msg_1/prt_2.json", { id: "prt_2", type: "text", text: "hi" });
  return write(SESSION, {
    id: "ses_a",
    projectID: "global",
    directory: "/p",
    title: "T",
    time: { created: T0, updated: T0 },
    parentID: "ses_0",
  });
}

test("the files of before there was a database: a session with its messages and their parts", async () => {
  const path = tree();
  expect(await place.import(path)).toMatchObject({
    format: "opencode",
    outcome: "created",
    messagesAdded: 3,
    problemCount: 0,
  });
  const session = await place.session(A);
  expect(session).toMatchObject({
    parentId: opencodeSessionId("ses_0"),
    workspacePath: "/p",
    metadata: { title: "T", turnCount: 1 },
  });
  expect(told(session.messages)).toEqual(["user: hello", "assistant: hi | call c", "tool: result c"]);
  const lines = (await place.original(A)).toString().trimEnd().split("\n");
  const files = lines.map((line) => JSON.parse(line) as { file: string; text: string });
  expect(files.map(({ file }) => file)).toEqual([
    "message/ses_a/msg_2.json",
    "part/msg_2/prt_1.json",
    "message/ses_a/msg_1.json",
    "part/msg_1/prt_2.json",
    "part/msg_1/prt_3.json",
    "session/global/ses_a.json",
  ]);
  expect(files[1]?.text).toBe(
    JSON.stringify({ id: "prt_1", messageID: "msg_2", type: "text", text: "hello" }, null, 2),
  );

  // Nothing but another file changed.
  write("storage/message/ses_a/msg_3.json", { id: "msg_3", role: "user", time: { created: T0 + 3 } });
  write("storage/part/msg_3/prt_4.json", { type: "text", text: "go on" });
  expect(await place.import(path)).toMatchObject({ outcome: "rewritten", messagesAdded: 1 });
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
});

test("in a folder only sessions' own files are looked at; one cut off is told; the database takes its place", async () => {
  const path = tree();
  const found: string[] = [];
  for await (const file of filesUnder([place.base])) found.push(file.path);
  expect(found).toEqual([path]);
  writeFileSync(join(place.base, "storage/part/msg_1/prt_2.json"), '{"half');
  expect(await place.import(path)).toMatchObject({
    lossy: true,
    problems: [{ reason: "the data of part prt_2 is no JSON object" }],
  });

  const db = openDatabase(place.base, "opencode.db", OPENCODE);
  insert(db, "session", opencode.session("ses_a"));
  insert(db, "message", opencode.message("ses_a", "msg_2", 1, { role: "user" }));
  insert(db, "part", opencode.part("ses_a", "msg_2", "prt_1", { type: "text", text: "hello" }));
  db.close();
  expect(await place.import(join(place.base, "opencode.db"))).toMatchObject({
    sessionId: A,
    outcome: "rewritten",
  });
  expect(await place.import(path)).toMatchObject({ sessionId: A, outcome: "unchanged" });
  expect((await place.session(A)).messages).toHaveLength(1);
});
