import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  AgentSession,
  Message,
  newSessionId,
  SessionStoreError,
  type SessionStore,
} from "../../src/index.ts";
import {
  checkpointPath,
  journalPath,
  openStore,
  storedSession,
  temporaryDirectory,
} from "./temporary-store.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    return error instanceof SessionStoreError ? error.code : `untyped: ${String(error)}`;
  }
}

async function messagesOf(store: SessionStore, id: string): Promise<unknown[] | undefined> {
  return (await store.load(id))?.messages.map(({ content }) => content);
}

/** Another session of the same store, which nothing may affect. */
async function expectOthersUnharmed(store: SessionStore, other: string): Promise<void> {
  expect(await messagesOf(store, other)).toEqual(["message 0", "message 1"]);
  expect((await store.list({})).sessions.map(({ id }) => id)).toContain(other);
}

describe("an id that is no id", () => {
  const upper = "1A2B3C4D-0000-4000-8000-000000000000";
  const wrong = [
    "",
    "latest",
    "../../etc/passwd",
    "/etc/passwd",
    upper,
    `${newSessionId()}.json`,
    `${newSessionId()}\n`,
  ];

  test.each(wrong)("%j is refused by every verb, and touches nothing", async (id) => {
    const directory = join(temporaryDirectory(), "sessions");
    const { store } = openStore(directory);
    expect(await codeOf(store.load(id))).toBe("INVALID_SESSION_ID");
    // Astrid takes an id in upper case there.
    if (id !== upper) expect(await codeOf(store.loadByStr(id))).toBe("INVALID_SESSION_ID");
    expect(await codeOf(store.delete(id))).toBe("INVALID_SESSION_ID");
    expect(await codeOf(store.append(id, [Message.user("x")]))).toBe("INVALID_SESSION_ID");
    expect(await codeOf(store.summary(id))).toBe("INVALID_SESSION_ID");
    const messages = store.messages(id)[Symbol.asyncIterator]();
    expect(await codeOf(messages.next())).toBe("INVALID_SESSION_ID");
    expect(() => new AgentSession({ id })).toThrow("is not a session id");
    expect(() => readdirSync(directory)).toThrow("ENOENT");
  });
});

describe("a document that cannot be read", () => {
  const valid = {
    id: "",
    user_id: "0101010101010101",
    messages: [{ role: "user", content: "hello" }],
    system_prompt: "s",
    created_at: "2024-01-01T00:00:00Z",
    token_count: 1,
    metadata: { title: null, tags: [], turn_count: 0, tool_call_count: 0, approval_count: 0, custom: {} },
  };
  const text =
    (change: object): ((id: string) => string) =>
    (id) =>
      JSON.stringify({ ...valid, id, ...change }, null, 2);
  const cases: [string, (id: string) => string | Buffer, string][] = [
    ["empty", () => "", "the file is empty"],
    ["filled with NUL", () => Buffer.alloc(4096), "zero bytes"],
    ["truncated", (id) => text({})(id).slice(0, 150), "not JSON"],
    ["a JSON array", () => "[]", "not a JSON object"],
    ["a JSON string", () => '"session"', "not a JSON object"],
    ["of another session", () => text({})(newSessionId()), "not the one that the file is named after"],
    ["with user_id a number", text({ user_id: 1 }), "user_id must be"],
    ["with messages an object", text({ messages: {} }), "messages is not an array"],
    ["with a message that is a number", text({ messages: [1] }), "messages[0]"],
    ["with a role that is a number", text({ messages: [{ role: 1, content: "" }] }), "messages[0]"],
    ["with system_prompt null", text({ system_prompt: null }), "system_prompt must be a string"],
    ["with created_at no time", text({ created_at: "yesterday" }), "created_at must be an RFC 3339 time"],
    ["with token_count a string", text({ token_count: "1" }), "token_count must be a whole number"],
    ["with metadata null", text({ metadata: null }), "metadata is not an object"],
    ["with tags of numbers", text({ metadata: { ...valid.metadata, tags: [1] } }), "metadata.tags must be"],
    ["with title a number", text({ metadata: { ...valid.metadata, title: 1 } }), "metadata.title must be"],
    [
      "with custom of numbers",
      text({ metadata: { ...valid.metadata, custom: { a: 1 } } }),
      "metadata.custom must be",
    ],
    [
      "with turn_count negative",
      text({ metadata: { ...valid.metadata, turn_count: -1 } }),
      "metadata.turn_count must",
    ],
    ["with allowances an object", text({ allowances: {} }), "allowances must be an array"],
    ["with budget_snapshot a number", text({ budget_snapshot: 1 }), "budget_snapshot must be"],
    ["with escape_state an array", text({ escape_state: [] }), "escape_state must be"],
    ["with workspace_path a number", text({ workspace_path: 1 }), "workspace_path must be"],
    ["with model an object", text({ model: {} }), "model must be"],
    ["with git_state a string", text({ git_state: "main" }), "git_state must be"],
    ["without metadata", text({ metadata: undefined }), "metadata is missing"],
    [
      "with a key twice",
      (id) => text({})(id).replace("{", '{\n  "model": "a",\n  "model": "b",'),
      'key "model" occurs twice',
    ],
  ];

  test.each(cases)("%s is reported, and left as it is", async (_name, content, detail) => {
    const directory = temporaryDirectory();
    const other = await storedSession(directory, 2);
    const id = newSessionId();
    const bytes = Buffer.from(content(id));
    writeFileSync(checkpointPath(directory, id), bytes);
    const { store } = openStore(directory);

    await expect(store.load(id)).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
    await expect(store.load(id)).rejects.toThrow(detail);
    const page = await store.list({});
    expect(page.unreadable.map((one) => [one.id, one.error.code])).toEqual([[id, "CORRUPT_SESSION"]]);
    expect(await codeOf(store.append(id, [Message.user("x")]))).toBe("CORRUPT_SESSION");
    expect(await codeOf(store.save(new AgentSession({ id })))).toBe("CORRUPT_SESSION");
    expect(await store.verify(id)).toMatchObject({ state: "damaged" });
    await expectOthersUnharmed(store, other);
    expect(readFileSync(checkpointPath(directory, id))).toEqual(bytes);

    await store.repair(id);
    expect(await store.load(id).catch(() => "still damaged")).not.toBe("still damaged");
    const kept = readdirSync(join(directory, "quarantine")).map((name) =>
      join(directory, "quarantine", name),
    );
    expect(kept.some((folder) => readFileSync(join(folder, `${id}.json`)).equals(bytes))).toBe(true);
    await expectOthersUnharmed(store, other);
  });
});

describe("a journal that cannot be used", () => {
  /** What is done to the journal, and whether the checkpoint then holds the session. */
  const cases: [string, (path: string, directory: string) => void][] = [
    ["of 0 bytes", (path) => truncateSync(path, 0)],
    ["filled with NUL", (path) => writeFileSync(path, Buffer.alloc(4096))],
    ["cut off before the checkpoint's place", (path) => truncateSync(path, 150)],
    [
      "of another session",
      (path, directory) => {
        const other = readdirSync(directory).find(
          (name) => name.endsWith(".journal.jsonl") && !path.endsWith(name),
        );
        copyFileSync(join(directory, other ?? ""), path);
      },
    ],
    ["that is missing", (path) => rmSync(path)],
  ];

  test.each(cases)(
    "%s: the checkpoint keeps the session, and the next save goes on",
    async (_name, damage) => {
      const directory = temporaryDirectory();
      const other = await storedSession(directory, 2);
      const id = await storedSession(directory, 3);
      damage(journalPath(directory, id), directory);
      const { store, reports } = openStore(directory);

      const session = await store.load(id);
      expect(session?.messages.map(({ content }) => content)).toEqual([
        "message 0",
        "message 1",
        "message 2",
      ]);
      expect(reports.map(({ kind }) => kind)).toContain("damage");
      expect(await store.verify(id)).toMatchObject({ state: "repairable" });

      session?.addMessage(Message.user("message 3"));
      if (session !== undefined) await store.save(session);
      await store.close();
      const again = openStore(directory);
      expect(await messagesOf(again.store, id)).toEqual(["message 0", "message 1", "message 2", "message 3"]);
      expect(await again.store.verify(id)).toMatchObject({ state: "ok" });
      rmSync(checkpointPath(directory, id));
      writeFileSync(checkpointPath(directory, id), "no longer a document");
      expect(await messagesOf(again.store, id), "the new journal holds the whole session").toHaveLength(4);
      await expectOthersUnharmed(again.store, other);
    },
  );

  test("and no checkpoint: reported, kept, and never taken for empty", async () => {
    const directory = temporaryDirectory();
    const id = newSessionId();
    writeFileSync(journalPath(directory, id), Buffer.alloc(100));
    const { store } = openStore(directory);
    expect(await codeOf(store.load(id))).toBe("CORRUPT_SESSION");
    expect(await codeOf(store.save(new AgentSession({ id })))).toBe("CORRUPT_SESSION");
    expect((await store.list({})).unreadable).toHaveLength(1);
    expect(readFileSync(journalPath(directory, id))).toEqual(Buffer.alloc(100));
  });
});

describe("a journal with bad lines", () => {
  test("a torn last line is a commit that was never acknowledged: ignored, then sealed with a report", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 3);
    const before = readFileSync(journalPath(directory, id));
    appendFileSync(journalPath(directory, id), '{"crc":"12345678","prev":"0');
    const { store, reports } = openStore(directory);
    expect(await messagesOf(store, id)).toHaveLength(3);
    expect((await store.summary(id))?.messageCount).toBe(3);
    await store.append(id, [Message.user("after the crash")]);
    expect(reports.map(({ kind }) => kind)).toEqual(["torn-tail"]);
    expect(await messagesOf(store, id)).toEqual(["message 0", "message 1", "message 2", "after the crash"]);
    expect(readFileSync(journalPath(directory, id)).subarray(0, before.length)).toEqual(before);
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
  });

  test("a line that two writes were glued into costs nothing once it is repaired, and is never silent", async () => {
    const directory = temporaryDirectory();
    const { store } = openStore(directory);
    const session = new AgentSession();
    for (let index = 0; index < 6; index++) {
      session.addMessage(Message.user(`message ${index}`));
      await store.save(session);
    }
    await store.close();
    // The checkpoint of the first save covers none of the others.
    const lines = readFileSync(journalPath(directory, session.id), "utf8").split("\n");
    rmSync(checkpointPath(directory, session.id));
    const commits = lines.filter((line) => line.includes('"revision"'));
    const glued = [
      lines[0],
      ...commits.slice(0, 2),
      `${commits[2]}${commits[3]}`,
      ...commits.slice(4),
      "",
    ].join("\n");
    writeFileSync(journalPath(directory, session.id), glued);

    const again = openStore(directory).store;
    await expect(again.load(session.id)).rejects.toThrow(/damaged at byte \d+, behind revision 2/);
    expect(await again.verify(session.id)).toMatchObject({ state: "damaged" });
    const repair = await again.repair(session.id);
    expect(repair.lostRevisions).toBe(0);
    expect(await messagesOf(again, session.id)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `message ${n}`));
    expect(await again.verify(session.id)).toMatchObject({ state: "ok" });
  });

  test("damage that the checkpoint covers costs history only", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 5);
    const bytes = readFileSync(journalPath(directory, id));
    bytes.fill(0, 300, 340);
    writeFileSync(journalPath(directory, id), bytes);
    const { store } = openStore(directory);
    expect(await messagesOf(store, id)).toHaveLength(5);
    expect((await store.verify(id)).findings.join()).toContain("history that is lost");
    await store.append(id, [Message.user("goes on")]);
    expect(await messagesOf(store, id)).toHaveLength(6);
  });
});

describe("a checkpoint that is gone or damaged", () => {
  test("damaged: rebuilt from the journal, its bytes kept in the quarantine", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 4);
    const path = checkpointPath(directory, id);
    const damaged = readFileSync(path).subarray(0, 500);
    writeFileSync(path, damaged);
    const { store, reports } = openStore(directory);
    expect(await messagesOf(store, id)).toHaveLength(4);
    await store.append(id, [Message.user("message 4")]);
    expect(reports.map(({ kind }) => kind)).toContain("quarantined");
    const [folder] = readdirSync(join(directory, "quarantine"));
    expect(readFileSync(join(directory, "quarantine", folder ?? "", `${id}.json`))).toEqual(damaged);
    expect(await store.verify(id)).toMatchObject({ state: "ok", messageCount: 5 });
  });

  test("removed by someone else: the session is deleted, and can be restored from the trash", async () => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 4);
    rmSync(checkpointPath(directory, id));
    const { store, reports } = openStore(directory);
    expect(await store.load(id)).toBeUndefined();
    expect(await store.list()).toEqual([]);
    expect(reports.map(({ kind }) => kind)).toEqual(["foreign-delete"]);
    expect(await codeOf(store.append(id, [Message.user("x")]))).toBe("SESSION_NOT_FOUND");
    expect((await store.trashed()).map((one) => [one.id, one.title, one.messageCount])).toEqual([
      [id, "Kept", 4],
    ]);
    expect(await store.restore(id)).toBe(true);
    expect(await messagesOf(store, id)).toHaveLength(4);
  });
});

describe("a newer format", () => {
  test.each([
    ["checkpoint", checkpointPath, '"format":2', '"format":3'],
    ["journal", journalPath, '"format":2', '"format":3'],
  ] as const)("of the %s is refused, and left alone", async (what, pathOf, from, to) => {
    const directory = temporaryDirectory();
    const other = await storedSession(directory, 2);
    const id = await storedSession(directory, 2);
    const path = pathOf(directory, id);
    let text = readFileSync(path, "utf8").replace(from, to);
    if (what === "journal") text = resealed(text);
    writeFileSync(path, text);
    const { store } = openStore(directory);
    expect(await codeOf(store.load(id))).toBe("NEWER_FORMAT");
    expect(await codeOf(store.append(id, [Message.user("x")]))).toBe("NEWER_FORMAT");
    expect(await codeOf(store.repair(id))).toBe("NEWER_FORMAT");
    expect((await store.list({})).unreadable.map(({ error }) => error.code)).toEqual(["NEWER_FORMAT"]);
    expect(readFileSync(path, "utf8")).toBe(text);
    await expectOthersUnharmed(store, other);
  });
});

describe("something else in the place of a file", () => {
  test.each([
    ["a symbolic link as checkpoint", checkpointPath, "link"],
    ["a directory as checkpoint", checkpointPath, "directory"],
    ["a symbolic link as journal", journalPath, "link"],
    ["a directory as journal", journalPath, "directory"],
  ] as const)("%s is not followed, and nothing behind it is touched", async (_name, pathOf, kind) => {
    const directory = temporaryDirectory();
    const other = await storedSession(directory, 2);
    const id = await storedSession(directory, 2);
    const path = pathOf(directory, id);
    const aside = join(temporaryDirectory(), "elsewhere");
    renameSync(path, aside);
    const bytes = readFileSync(aside);
    if (kind === "link") symlinkSync(aside, path);
    else mkdirSync(path);
    const { store } = openStore(directory);
    const code = await codeOf(store.append(id, [Message.user("x")]));
    expect(["no error", "CORRUPT_SESSION", "STORAGE_FAILED"]).toContain(code);
    expect(readFileSync(aside)).toEqual(bytes);
    expect((await messagesOf(store, id))?.slice(0, 2)).toEqual(["message 0", "message 1"]);
    await expectOthersUnharmed(store, other);
  });
});

describe("a store directory that is none", () => {
  test("a file: every verb says so", async () => {
    const path = join(temporaryDirectory(), "sessions");
    writeFileSync(path, "not a directory");
    const { store } = openStore(path);
    expect(await codeOf(store.list())).toBe("STORE_NOT_A_DIRECTORY");
    expect(await codeOf(store.save(new AgentSession()))).toBe("STORE_NOT_A_DIRECTORY");
    expect(await codeOf(store.load(newSessionId()))).toMatch(/^(no error|STORE_NOT_A_DIRECTORY)$/);
    expect(readFileSync(path, "utf8")).toBe("not a directory");
  });

  test("not readable: every verb says so, and the next save works once it is", async () => {
    const parent = temporaryDirectory();
    const path = join(parent, "sessions");
    mkdirSync(path, 0o000);
    await asNobody([parent, path], async () => {
      const { store } = openStore(path);
      expect(await codeOf(store.list())).toBe("PERMISSION_DENIED");
      expect(await codeOf(store.save(new AgentSession()))).toBe("PERMISSION_DENIED");
      chmodSync(path, 0o700);
      expect(await codeOf(store.save(new AgentSession()))).toBe("no error");
    });
  });

  test("one that vanished: a typed error or a new directory, and the next save works", async () => {
    const directory = join(temporaryDirectory(), "sessions");
    const { store } = openStore(directory);
    const session = new AgentSession();
    session.addMessage(Message.user("a"));
    await store.save(session);
    rmSync(directory, { recursive: true });
    session.addMessage(Message.user("b"));
    expect(await codeOf(store.save(session))).toBe("CONFLICT");
    expect(await codeOf(store.save(new AgentSession()))).toBe("no error");
    expect(await store.list()).toHaveLength(1);
  });
});

/** The text of a journal with the checksum of its first line made to fit. */
function resealed(text: string): string {
  const end = text.indexOf("\n");
  const body = text.slice(17, end);
  const checksum = crc32(body).toString(16).padStart(8, "0");
  return `{"crc":"${checksum}"${body}${text.slice(end)}`;
}

const NOBODY = 65534;

/** Root may read everything: where the tests run as root, `work` runs as somebody who owns these paths and no more. */
async function asNobody(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) {
    await work();
    return;
  }
  for (const path of paths) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
