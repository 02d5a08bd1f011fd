import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ImportRun } from "../../src/importers/import.ts";
import { giveBack } from "../../src/importers/original/give-back.ts";
import { resumptionOf } from "../../src/importers/resume.ts";
import { syncSessions } from "../../src/importers/sync/sync-sessions.ts";
import type { ImportError } from "../../src/index.ts";
import { SessionStore, type SessionId } from "../../src/index.ts";
import { storedHead } from "../../src/store/reading/stored-head.ts";
import { at, DETAILS, firstTask, Task, TASK, text } from "./cline-script.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const STORAGE = "storage";
const FOLDER = join(STORAGE, "tasks", TASK);
const METADATA = { files_in_context: [], model_usage: [{ ts: Number(TASK), model_id: "m-1", mode: "act" }] };

async function activity(id: SessionId): Promise<string | undefined> {
  return (await storedHead(place.store.engine, id))?.updatedAt;
}

const short = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replaceAll(/\s+/g, " ").slice(0, 56));

test("a task: what was typed, what the model was sent, times, tokens, cost, models, the folder", async () => {
  const listed = { id: TASK, ts: Number(TASK), task: "fix @/a.ts", cwdOnTaskInitialization: "/home/u/app" };
  place.file(JSON.stringify([7, listed]), join(STORAGE, "state/taskHistory.json"));
  const path = firstTask().write(place, STORAGE, { "task_metadata.json": METADATA });
  const result = await place.import(path);
  expect(result).toMatchObject({ format: "cline", outcome: "created", problemCount: 0 });
  const session = await place.session(result.sessionId);
  expect(short(told(session.messages))).toEqual([
    "user: fix 'a.ts' (see below for file content)",
    'user (meta): <file_content path="a.ts"> let a </file_con',
    "assistant: I look. <read_file> <path>b.ts</path> </read_",
    "user (meta): [read_file for 'b.ts'] Result: | <feedback>",
    "assistant: <attempt_completion> <result> Done. </result>",
    "user (meta): [attempt_completion] Result: | The user has",
    "user: and the tests?",
    "assistant: They too.",
  ]);
  expect(session.messages.map((message) => message["at"])).toEqual(
    [1, 1, 2, 3, 4, 6, 5, 7].map((seconds) => at(seconds)),
  );
  expect(session).toMatchObject({
    ...{ createdAt: at(1), model: "m-1", workspacePath: "/home/u/app" },
    metadata: { title: "fix @/a.ts", turnCount: 2, toolCallCount: 0 },
    extra: {
      usage: {
        tokens: [["2025-01-15T10", "m-1", 310, 26, 50, 7, 0]],
        cost_usd: 0.75,
        costs: [["2025-01-15T10", "m-1", 0.75]],
      },
    },
  });
  expect(session.metadata.custom).toMatchObject({ source: "cline", agent_session: TASK });
  expect(session.messages[2]).toMatchObject({
    model: "m-1",
    usage: { input: 100, output: 20, cache_read: 50, cache_write: 7 },
  });
});

test("newer versions tell calls, results, thoughts and models apart", async () => {
  const task = new Task().say("task", "list it");
  task.turn(
    [text("<task>\nlist it\n</task>"), DETAILS],
    [
      { type: "thinking", thinking: "hm", signature: "s" },
      { type: "tool_use", id: "t1", name: "list_files", input: { path: "." } },
    ],
    { tokensIn: 1 },
    { id: "r1", modelInfo: { modelId: "m-2", providerId: "p" }, metrics: {} },
  );
  task.say("user_feedback", "only mine");
  task.turn(
    [
      { type: "tool_result", tool_use_id: "t1", content: "a.ts\n<feedback>\nonly mine\n</feedback>" },
      DETAILS,
    ],
    "ok",
    undefined,
  );
  const { sessionId } = await place.import(task.write(place, STORAGE));
  const session = await place.session(sessionId);
  expect(short(told(session.messages)).filter((_line, nth) => nth !== 2)).toEqual([
    "user: list it",
    "user (meta): <environment_details> # VSCode Open Tabs a.",
    "user (meta): result t1 | <environment_details> # VSCode ",
    "user: only mine",
    "assistant: ok",
  ]);
  expect(session.messages[2]).toMatchObject({
    ...{ id: "r1", model: "m-2" },
    content: [{ type: "thinking" }, { type: "tool_use", id: "t1" }],
  });
  expect(session).toMatchObject({
    ...{ workspacePath: "/home/u/app" },
    metadata: { title: "list it", turnCount: 2, toolCallCount: 1 },
  });
});

test("the same words twice are two prompts at two times; images go with what was typed", async () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } };
  const task = new Task().say("text", "see");
  task.turn([text("<task>\nsee\n</task>"), image, DETAILS], "a", undefined);
  const resumed = text("New instructions for task continuation:\n<user_message>\ngo on\n</user_message>");
  for (const answer of ["b", "c"]) {
    task
      .say("resume_task", "", { type: "ask", ask: "resume_task", say: undefined })
      .say("user_feedback", "go on");
    task.turn([text("[TASK RESUMPTION] This task was interrupted."), resumed, DETAILS], answer, undefined);
  }
  const { sessionId } = await place.import(task.write(place, STORAGE));
  const { messages, metadata } = await place.session(sessionId);
  expect(metadata.turnCount).toBe(3);
  expect(messages[0]?.content).toEqual([text("see"), image]);
  const twice = messages.filter(({ content }) => JSON.stringify(content) === JSON.stringify([text("go on")]));
  expect(twice.map((message) => message["at"])).toEqual([at(4), at(8)]);
});

test("versions that name no places: times by order, and none where something was sent twice", async () => {
  const path = firstTask(false).write(place, STORAGE);
  const { sessionId } = await place.import(path);
  expect((await place.session(sessionId)).messages.map((message) => message["at"])).toEqual(
    [1, 1, 2, 3, 4, 6, 5, 7].map((seconds) => at(seconds)),
  );
  const again = firstTask(false);
  again.shown.splice(1, 0, { ts: Number(TASK) + 500, type: "say", say: "api_req_started", text: "{}" });
  again.write(place, STORAGE);
  expect(await place.import(path)).toMatchObject({ sessionId, outcome: "extended", messagesAdded: 0 });
  const { messages, extra } = await place.session(sessionId);
  // What was typed is known by its words.
  expect(messages.map((message) => message["at"]).filter((one) => one !== undefined)).toEqual([at(5)]);
  expect(extra["usage"]).toMatchObject({ cost_usd: 0.75 });
});

test("without what the person was shown: what is announced, and what the whole task came to, as recorded", async () => {
  const paid = { tokensIn: 310, tokensOut: 26, cacheReads: 50, totalCost: 0.75 };
  const listed = { id: TASK, ts: Number(TASK) + 9000, task: "fix @/a.ts", ...paid };
  place.file(JSON.stringify([listed]), join(STORAGE, "state/taskHistory.json"));
  const path = place.file(
    JSON.stringify(firstTask().messages),
    join(FOLDER, "api_conversation_history.json"),
  );
  const result = await place.import(path);
  expect(result).toMatchObject({ problemCount: 1, lossy: false });
  expect(result.problems[0]?.reason).toBe("ui_messages.json, with times and tokens, is not beside it");
  const session = await place.session(result.sessionId);
  expect(session).toMatchObject({
    createdAt: at(0),
    metadata: { title: "fix @/a.ts", turnCount: 2 },
    extra: { usage: { tokens: [["2025-01-15T10", "", 310, 26, 50, 0, 0]], cost_usd: 0.75 } },
  });
  expect(await activity(result.sessionId)).toBe(at(9));
});

test("what is read beside the messages is read again when only that changed, and kept", async () => {
  const task = firstTask();
  const path = task.write(place, STORAGE);
  const ledger = join(place.base, "imports.sqlite");
  const imported = async (): Promise<unknown> => {
    const run = new ImportRun(place.store, { ledger });
    try {
      return await run.file(path);
    } finally {
      run.close();
    }
  };
  expect(await imported()).toMatchObject({ outcome: "created" });
  expect(await imported()).toMatchObject({ outcome: "unchanged" });
  task.say("api_req_started", JSON.stringify({ tokensIn: 1000, cost: 1 }));
  const shown = JSON.stringify(task.shown);
  writeFileSync(join(place.base, FOLDER, "ui_messages.json"), shown);
  const { sessionId } = (await imported()) as { sessionId: string };
  const session = await place.session(sessionId);
  expect(session.extra["usage"]).toMatchObject({ cost_usd: 1.75 });
  expect(await activity(sessionId as SessionId)).toBe(at(8));
  expect(await imported()).toMatchObject({ outcome: "unchanged" });
  const to = join(place.base, "given");
  await giveBack(place.store, sessionId, { to });
  expect(readFileSync(join(to, "ui_messages.json"), "utf8")).toBe(shown);
});

test("a session that somebody went on with in the store is left alone when only what lies beside changed", async () => {
  const task = firstTask();
  const path = task.write(place, STORAGE);
  const { sessionId } = await place.import(path);
  await place.store.append(sessionId, [{ role: "user", content: "here" }]);
  task.shown.length = 1;
  task.write(place, STORAGE);
  expect(await place.import(path)).toMatchObject({ sessionId, outcome: "unchanged" });
  expect((await place.session(sessionId)).messages).toHaveLength(9);
});

test("all files of a task come back byte for byte, and it is told that no command opens it", async () => {
  const others = {
    "task_metadata.json": `${JSON.stringify(METADATA, undefined, 2)}\n`,
    "context_history.json": "[ ]",
  };
  const path = firstTask().write(place, STORAGE, {
    ...others,
    "settings.json": "{}",
    "focus_chain_taskid_1.md": "- [ ] a",
  });
  const names = [
    "api_conversation_history.json",
    "ui_messages.json",
    "settings.json",
    "focus_chain_taskid_1.md",
  ];
  const all = [...names, ...Object.keys(others)];
  const bytes = all.map((name) => readFileSync(join(dirname(path), name)));
  const { sessionId } = await place.import(path);
  expect((await place.original(sessionId)).equals(bytes[0] as Buffer)).toBe(true);
  const to = join(place.base, "given");
  expect(await giveBack(place.store, sessionId, { to })).toHaveLength(all.length);
  expect(all.map((name) => readFileSync(join(to, name)))).toEqual(bytes);
  const { id, ...session } = await place
    .session(sessionId)
    .then((found) => ({ id: found.id, head: found.head() }));
  expect(resumptionOf(id, session.head, 1)).toMatchObject({
    why: expect.stringContaining("editor extension") as string,
  });
});

test("odd ones: cut, empty, unknown roles and notes of newer versions, notes that are cut", async () => {
  const messages = [
    ...firstTask().messages,
    { role: "tool", content: "x" },
    "no record",
    { role: "user", content: 5 },
  ];
  const file = (content: string): string =>
    place.file(content, join(FOLDER, "api_conversation_history.json"));
  place.file('[{"ts": 17', join(FOLDER, "ui_messages.json"));
  const path = file(JSON.stringify(messages));
  const result = await place.import(path);
  expect(result.problems.map(({ reason, lost }) => [reason, lost])).toEqual([
    ['a message of the unknown role "tool" at place 6', false],
    ["no message at place 7", false],
    ["ui_messages.json beside it is no JSON, or is cut off", false],
  ]);
  expect((await place.original(result.sessionId)).toString()).toBe(JSON.stringify(messages));
  place.file(
    '[{"say": "hologram", "ts": 1e400}, 7, {"type": "say", "say": "text"}]',
    join(FOLDER, "ui_messages.json"),
  );
  expect(await place.import(path)).toMatchObject({ sessionId: result.sessionId, problemCount: 2 });
  for (const [content, reason] of [
    [JSON.stringify(messages).slice(0, 200), "cut off"],
    ["", "it is empty"],
    ["[]", "no transcript"],
  ] as const)
    await expect(place.import(file(content))).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(reason) as string }) as ImportError,
    );
});

test("a copy elsewhere is known by its folder's name, or else by how it begins", async () => {
  const content = JSON.stringify(firstTask().messages);
  const { sessionId } = await place.import(firstTask().write(place, STORAGE));
  const copy = place.file(content, `elsewhere/${TASK}/api_conversation_history.json`);
  expect(await place.import(copy)).toMatchObject({ sessionId, outcome: "unchanged" });
  const first = await place.import(place.file(content, "mine/api_conversation_history.json"));
  expect(first).toMatchObject({ outcome: "created" });
  expect((await place.session(first.sessionId)).metadata.custom["agent_session"]).toBeUndefined();
  const second = place.file(content, "yours/api_conversation_history.json");
  expect(await place.import(second)).toMatchObject({ sessionId: first.sessionId, outcome: "unchanged" });
});

test.each([
  ["never closed", ""],
  ["closed by one", "</feedback>"],
])("hundreds of thousands of tags are looked through once: %s", async (_what, close) => {
  const tags = `${"<feedback>".repeat(300_000)}${close}`;
  const messages = [{ role: "user", content: [text(tags)] }];
  const path = join(FOLDER, "api_conversation_history.json");
  const { messages: read } = await place.read(JSON.stringify(messages), path);
  expect(read).toEqual([expect.objectContaining({ content: [text(tags)], meta: true })]);
});

test("sync finds tasks in every editor's folder and on the far end of connections; others' are named", async () => {
  const home = join(place.base, "home");
  const tasks = "User/globalStorage/saoudrizwan.claude-dev";
  const storages = [
    `.config/Code/${tasks}`,
    `.config/VSCodium/${tasks}`,
    `Library/Application Support/Cursor/${tasks}`,
    `.vscode-server/data/${tasks}`,
    `roaming/Windsurf/${tasks}`,
    ".cline/data",
  ];
  for (const [nth, storage] of storages.entries()) {
    const task = firstTask();
    place.file(
      JSON.stringify(task.messages),
      `home/${storage}/tasks/173693520000${nth}/api_conversation_history.json`,
    );
    place.file("[]", `home/${storage}/tasks/173693520000${nth}/ui_messages.json`);
  }
  const env = { HOME: home, APPDATA: join(home, "roaming") };
  const store = new SessionStore(join(place.base, "store"));
  const { sources } = await syncSessions(store, { env });
  expect(
    sources.map(({ agent, folder, files, outcomes }) => [agent, folder, files, outcomes.created]).sort(),
  ).toEqual(storages.map((storage) => ["cline", join(home, storage, "tasks"), 1, 1]).sort());
  expect((await syncSessions(store, { env })).sources.map(({ outcomes }) => outcomes.unchanged)).toEqual(
    storages.map(() => 1),
  );
  await store.close();
  const roo = "globalStorage/rooveterinaryinc.roo-cline/tasks/1/api_conversation_history.json";
  await expect(place.import(place.file(JSON.stringify(firstTask().messages), roo))).rejects.toThrow(
    "it looks like Roo Code, which is not supported",
  );
});
