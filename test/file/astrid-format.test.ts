import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentSession, Message, type SessionId } from "../../src/index.ts";
import { OWN_KEYS } from "../../src/engine/file/checkpoint/checkpoint-layout.ts";
import { checkpointPath, openStore, storedSession, temporaryDirectory } from "./temporary-store.ts";
import { ALLOWANCE } from "../session/grants.ts";

const fixtures = join(import.meta.dirname, "../compat/fixtures/astrid");
const names = readdirSync(fixtures);
const OLD = "11111111-1111-4111-8111-111111111111";
const FULL = "22222222-2222-4222-8222-222222222222";

type Document = Record<string, unknown> & {
  messages: Record<string, unknown>[];
  metadata: Record<string, unknown>;
};

function documentAt(path: string): Document {
  return JSON.parse(readFileSync(path, "utf8")) as Document;
}

function storeWithFixtures(): string {
  const directory = join(temporaryDirectory(), "sessions");
  mkdirSync(directory);
  for (const name of names) copyFileSync(join(fixtures, name), join(directory, name));
  return directory;
}

/** The document as Astrid's reader sees it: our own keys are unknown to it, and ignored. */
function withoutOwnKeys(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !OWN_KEYS.has(key))) as Document;
}

/** What Astrid's reader requires, by astrid-format.md: a key that is missing or of another type is refused. */
function expectAstridAccepts(document: Document): void {
  expect(document).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    user_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    messages: expect.any(Array),
    system_prompt: expect.any(String),
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/),
    token_count: expect.any(Number),
    metadata: {
      tags: expect.any(Array),
      turn_count: expect.any(Number),
      tool_call_count: expect.any(Number),
      approval_count: expect.any(Number),
      custom: expect.any(Object),
    },
    allowances: expect.any(Array),
  });
  expect(document.metadata).toHaveProperty("title");
  for (const key of ["budget_snapshot", "escape_state", "git_state"]) {
    expect(document[key] === null || typeof document[key] === "object").toBe(true);
  }
  for (const key of ["workspace_path", "model"]) {
    expect(document[key] === null || typeof document[key] === "string").toBe(true);
  }
  for (const message of document.messages)
    expect(Object.keys(message)).toEqual(expect.arrayContaining(["role", "content"]));
}

describe("documents that Astrid wrote", () => {
  test("load as they are, without being touched", async () => {
    const directory = storeWithFixtures();
    const { store } = openStore(directory);
    const old = await store.load(OLD);
    expect(old).toMatchObject({
      systemPrompt: "You are helpful",
      tokenCount: 3,
      model: null,
      workspacePath: null,
    });
    expect(old?.messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "Hello"],
      ["assistant", "Hi there"],
    ]);
    const full = await store.load(FULL);
    expect(full).toMatchObject({
      createdAt: "2026-02-20T10:11:12.123456789Z",
      userId: "a1b2c3d4e5f60718",
      model: "claude-sonnet-4",
      metadata: { title: "A picture", tags: ["vision", "test"], custom: { ticket: "A-1" } },
      gitState: { branch: "main" },
      budgetSnapshot: { session_spent_usd: 0.42 },
      escapeState: { remembered_paths: ["/etc/hosts"] },
    });
    expect(full?.allowances).toHaveLength(1);
    expect((await store.listWithMetadata()).map(({ id, messageCount }) => [id, messageCount]).sort()).toEqual(
      [
        [OLD, 2],
        [FULL, 5],
      ],
    );
    expect(readdirSync(directory).sort()).toEqual([...names].sort());
    for (const name of names)
      expect(readFileSync(join(directory, name))).toEqual(readFileSync(join(fixtures, name)));
  });

  test.each([OLD, FULL])("%s round-trips through a save with no key and no value lost", async (id) => {
    const directory = storeWithFixtures();
    const { store } = openStore(directory);
    const session = (await store.load(id)) as AgentSession;
    session.addMessage(Message.user("one more"));
    await store.save(session);
    await store.checkpoint(id);
    const before = documentAt(join(fixtures, `${id}.json`));
    const after = withoutOwnKeys(documentAt(checkpointPath(directory, id)));
    expectAstridAccepts(after);
    expect(after).toMatchObject({
      ...before,
      messages: [...before.messages, { role: "user", content: "one more" }],
      token_count: (before["token_count"] as number) + 2,
    });
    expect(after.metadata).toStrictEqual(before.metadata);
    for (const [key, value] of Object.entries(before)) {
      if (key !== "messages" && key !== "token_count") expect(after[key], key).toStrictEqual(value);
    }
    expect(JSON.stringify(after.messages.slice(0, -1))).toBe(JSON.stringify(before.messages));
  });

  test("the spent budget of an edited file is clamped, so that it grants nothing", async () => {
    const directory = storeWithFixtures();
    const path = checkpointPath(directory, FULL);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace('"session_spent_usd": 0.42', '"session_spent_usd": -1e9'),
    );
    const { store } = openStore(directory);
    expect((await store.load(FULL))?.budgetSnapshot).toMatchObject({ session_spent_usd: 0 });
  });
});

describe("our checkpoint", () => {
  test("is a document that Astrid accepts, whatever the session holds", async () => {
    const directory = temporaryDirectory();
    const { store } = openStore(directory);
    const session = new AgentSession({
      systemPrompt: 'quo"te\n\u2028',
      model: "m",
      workspacePath: directory,
    });
    session.addMessage(Message.toolCalls([{ id: "1", name: "a:b", arguments: { deep: [1, { x: null }] } }]));
    session.addMessage(Message.toolResult({ callId: "1", content: "\ud800 lone", isError: true }));
    session.addMessage(Message.from({ role: "user", content: { any: ["thing"] }, id: "m-1", custom: 1 }));
    session.allowances = [ALLOWANCE];
    await store.save(session);
    await store.delete(session.id, { trash: true });
    await store.save(AgentSession.fromStored(session.id, session.head(), session.messageArray().slice()));
    await store.commit(session.id, { side: { steps: [{ any: ["thing"] }] } });
    await store.checkpoint(session.id);
    const document = documentAt(checkpointPath(directory, session.id));
    expectAstridAccepts(withoutOwnKeys(document));
    // Format 1 had this one.
    expect([...OWN_KEYS].filter((key) => !(key in document))).toEqual(["messages_end"]);
  });
});

/** What Astrid's runtime does to a document when it saves: unknown keys and messages go, ours among them. */
function savedByAstrid(path: string, change: (document: Document) => void): void {
  const document = withoutOwnKeys(documentAt(path));
  for (const key of ["workspace_id", "parent_id", "future_field"]) Reflect.deleteProperty(document, key);
  document.messages = document.messages
    .filter(({ role }) => ["system", "user", "assistant", "tool"].includes(role as string))
    .map(({ role, content }) => ({ role, content }));
  change(document);
  writeFileSync(path, JSON.stringify(document, null, 2));
}

async function contentsOf(directory: string, id: SessionId): Promise<unknown[] | undefined> {
  return (await openStore(directory).store.load(id))?.messages.map(({ content }) => content);
}

describe("a document that someone else changed", () => {
  test("what Astrid appended becomes a revision on top, and is reported", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 3);
    savedByAstrid(checkpointPath(directory, id), (document) => {
      document.messages.push({ role: "assistant", content: "from Astrid" });
      document["token_count"] = 99;
    });
    const { store, reports } = openStore(directory);
    const session = (await store.load(id)) as AgentSession;
    expect(session.messages.at(-1)?.content).toBe("from Astrid");
    expect(session.tokenCount).toBe(99);
    expect(reports.map(({ kind }) => kind)).toEqual(["foreign-change"]);
    session.addMessage(Message.user("ours again"));
    expect(await store.save(session)).toMatchObject({ revision: 5 });
    expect(await contentsOf(directory, id)).toEqual([
      "message 0",
      "message 1",
      "message 2",
      "from Astrid",
      "ours again",
    ]);
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
  });

  test("commits that the other side had not seen stay, and its own go behind them", async () => {
    const directory = temporaryDirectory();
    const { store } = openStore(directory);
    const session = new AgentSession();
    session.addMessage(Message.user("a"));
    await store.save(session);
    await store.checkpoint(session.id);
    const stale = readFileSync(checkpointPath(directory, session.id));
    await store.append(session.id, [Message.user("b")]);
    writeFileSync(checkpointPath(directory, session.id), stale);
    savedByAstrid(checkpointPath(directory, session.id), ({ messages }) =>
      messages.push({ role: "user", content: "x" }),
    );
    await store.append(session.id, [Message.user("c")]);
    expect(await contentsOf(directory, session.id)).toEqual(["a", "b", "x", "c"]);
  });

  test("what Astrid does not understand is not lost when it saves", async () => {
    const directory = storeWithFixtures();
    const { store } = openStore(directory);
    const session = (await store.load(FULL)) as AgentSession;
    session.addMessage(Message.from({ role: "user", content: "with an id", id: "m-1" }));
    await store.save(session);
    await store.checkpoint(FULL);
    savedByAstrid(checkpointPath(directory, FULL), ({ messages }) =>
      messages.push({ role: "user", content: "new" }),
    );
    const again = (await openStore(directory).store.load(FULL)) as AgentSession;
    expect(again.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "narrator",
      "user",
      "user",
    ]);
    expect(again.messages[5]).toMatchObject({ id: "m-1" });
    expect(again.extra).toMatchObject({ future_field: { kept: [1, 2, 3] } });
  });

  test("a person's edit is honoured: the checksum no longer fits, the text counts", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 3);
    const path = checkpointPath(directory, id);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace("message 1", "MESSAGE ONE").replace('"Kept"', '"Renamed"'),
    );
    const { store, reports } = openStore(directory);
    const session = (await store.load(id)) as AgentSession;
    expect(session.metadata.title).toBe("Renamed");
    expect(session.messages.map(({ content }) => content)).toEqual(["message 0", "MESSAGE ONE", "message 2"]);
    expect(reports.map(({ kind }) => kind)).toEqual(["foreign-change"]);
    session.addMessage(Message.user("message 3"));
    await store.save(session);
    expect(await contentsOf(directory, id)).toEqual(["message 0", "MESSAGE ONE", "message 2", "message 3"]);
    const revisions: unknown[] = [];
    for await (const { revision, splice } of store.engine.commits(id, 0))
      revisions.push([revision, splice?.[2]?.[0]?.content]);
    expect(revisions, "what was edited away stays in the history").toContainEqual([2, "message 1"]);
  });

  test("a session that was loaded before the other side saved again does not overwrite that", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 2);
    const path = checkpointPath(directory, id);
    savedByAstrid(path, ({ messages }) => messages.push({ role: "user", content: "first" }));
    const { store } = openStore(directory);
    const session = (await store.load(id)) as AgentSession;
    const document = documentAt(path);
    document.messages.push({ role: "user", content: "second" });
    writeFileSync(path, JSON.stringify(document, null, 2));
    session.addMessage(Message.user("ours"));
    await expect(store.save(session)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await contentsOf(directory, id)).toEqual(["message 0", "message 1", "first", "second"]);
  });
});

test("keys of a document that mean something else to us are ours from then on", async () => {
  const directory = storeWithFixtures();
  const path = checkpointPath(directory, OLD);
  const theirs = { revision: "theirs", updated_at: 5, checksum: [], message_count: 99, messages_end: "x" };
  writeFileSync(path, JSON.stringify({ ...documentAt(path), ...theirs, future_field: 1 }));
  const { store } = openStore(directory);
  const before = (await store.load(OLD))?.messages.length ?? 0;
  await store.append(OLD, [Message.user("more")]);
  await store.checkpoint(OLD);
  expect(await store.verify(OLD)).toMatchObject({ state: "ok", messageCount: before + 1 });
  expect((await store.load(OLD))?.extra).toEqual({ future_field: 1 });
});
