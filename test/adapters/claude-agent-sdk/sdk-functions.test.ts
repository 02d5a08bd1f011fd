import { randomUUID } from "node:crypto";
import {
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  importSessionToStore,
  listSessions,
  listSubagents,
  renameSession,
  tagSession,
  type SessionStoreEntry,
} from "@anthropic-ai/claude-agent-sdk";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { claudeSessionId, claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { describeOnEachEngine } from "../each-engine.ts";

/** A transcript as Claude Code writes it: each turn names the one before. */
function transcript(sessionId: string, cwd: string, ...texts: readonly string[]): SessionStoreEntry[] {
  let parentUuid: string | null = null;
  return texts.map((text, index) => {
    const uuid = randomUUID();
    const role = index % 2 === 0 ? "user" : "assistant";
    const content = role === "user" ? text : [{ type: "text", text }];
    const entry = {
      ...{ type: role, uuid, parentUuid, sessionId, cwd, isSidechain: false, gitBranch: "main" },
      timestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, index)).toISOString(),
      message: { role, content, ...(role === "assistant" ? { id: `msg_${index}`, model: "m-1" } : {}) },
    };
    parentUuid = uuid;
    return entry;
  });
}

/** The key under which the SDK keeps a directory's sessions. */
const projectKeyOf = (directory: string): string => realpathSync(directory).replace(/[^a-zA-Z0-9]/g, "-");

/** The SDK's own functions, as they run against any store. */
describeOnEachEngine("the SDK's functions", (place) => {
  function setUp() {
    const store = place.open();
    const dir = temporaryDirectory();
    const sessionId = randomUUID();
    const key = { projectKey: projectKeyOf(dir), sessionId };
    return { store, sessionStore: claudeSessionStore(store), dir, sessionId, key };
  }

  test("list, read, rename and tag a session; our listing shows the same", async () => {
    const { store, sessionStore, dir, sessionId, key } = setUp();
    const entries = transcript(sessionId, dir, "Where is the bug?", "In line 7.", "Mend it", "Done.");
    await sessionStore.append(key, entries.slice(0, 2));
    await sessionStore.append(key, entries.slice(2));
    const options = { dir, sessionStore };

    expect(await listSessions(options)).toMatchObject([
      { sessionId, firstPrompt: "Where is the bug?", gitBranch: "main", cwd: dir },
    ]);
    expect(await getSessionInfo(sessionId, options)).toMatchObject({ firstPrompt: "Where is the bug?" });
    const messages = await getSessionMessages(sessionId, options);
    expect(messages.map(({ uuid }) => uuid)).toEqual(entries.map(({ uuid }) => uuid));
    expect(await getSessionMessages(sessionId, { ...options, limit: 1, offset: 1 })).toMatchObject([
      { type: "assistant", message: { content: [{ text: "In line 7." }] } },
    ]);

    await renameSession(sessionId, "The bug in line 7", options);
    await tagSession(sessionId, "bugs", options);
    expect(await listSessions(options)).toMatchObject([{ customTitle: "The bug in line 7", tag: "bugs" }]);
    const id = claudeSessionId(key);
    expect(await store.summary(id)).toMatchObject({
      title: "The bug in line 7",
      tags: [`claude-project:${key.projectKey}`, "bugs"],
      workspacePath: dir,
      model: "m-1",
      createdAt: entries[0]?.timestamp,
      lastMessagePreview: "Done.",
    });
    await tagSession(sessionId, null, options);
    expect((await store.summary(id))?.tags).toEqual([`claude-project:${key.projectKey}`]);
    expect((await listSessions(options))[0]?.tag).toBeUndefined();
  });

  test("fork and delete", async () => {
    const { store, sessionStore, dir, sessionId, key } = setUp();
    const options = { dir, sessionStore };
    await sessionStore.append(key, transcript(sessionId, dir, "One", "Two", "Three", "Four"));
    const fork = await forkSession(sessionId, { ...options, title: "Another way" });
    expect(fork.sessionId).not.toBe(sessionId);
    const texts = (await getSessionMessages(fork.sessionId, options)).map(({ message }) =>
      JSON.stringify((message as { content: unknown }).content),
    );
    expect(texts).toEqual([
      '"One"',
      '[{"type":"text","text":"Two"}]',
      '"Three"',
      '[{"type":"text","text":"Four"}]',
    ]);
    expect((await listSessions(options)).map((info) => info.sessionId).sort()).toEqual(
      [sessionId, fork.sessionId].sort(),
    );
    await deleteSession(sessionId, options);
    expect((await listSessions(options)).map((info) => info.sessionId)).toEqual([fork.sessionId]);
    expect(await getSessionInfo(sessionId, options)).toBeUndefined();
    expect(await store.list()).toHaveLength(1);
  });

  test("sub-agents: listed, read, and children of their session in our listing", async () => {
    const { store, sessionStore, dir, sessionId, key } = setUp();
    const options = { dir, sessionStore };
    await sessionStore.append(key, transcript(sessionId, dir, "Ask your helper", "I will."));
    const sub = transcript(sessionId, dir, "Look around", "Nothing there.").map((entry) => ({
      ...entry,
      isSidechain: true,
      agentId: "a1",
    }));
    const subkey = { ...key, subpath: "subagents/agent-a1" };
    await sessionStore.append(subkey, [...sub, { type: "agent_metadata", agentType: "explorer" }]);
    expect(await listSubagents(sessionId, options)).toEqual(["a1"]);
    expect(await getSubagentMessages(sessionId, "a1", options)).toMatchObject([
      { type: "user" },
      { type: "assistant" },
    ]);
    expect(await listSessions(options)).toHaveLength(1);
    expect(await store.summary(claudeSessionId(subkey))).toMatchObject({
      parentId: claudeSessionId(key),
      title: "Look around",
    });
    expect((await store.mostRecent())?.id).toBe(claudeSessionId(key));
  });

  test("a transcript on disk is imported, and importing it again adds nothing", async () => {
    const { sessionStore, dir, sessionId, key } = setUp();
    const config = temporaryDirectory();
    vi.stubEnv("CLAUDE_CONFIG_DIR", config);
    try {
      const folder = join(config, "projects", key.projectKey);
      mkdirSync(folder, { recursive: true });
      const entries = [
        ...transcript(sessionId, dir, ...Array.from({ length: 30 }, (_, index) => `text ${index}`)),
        { type: "custom-title", customTitle: "On disk", sessionId },
      ];
      writeFileSync(
        join(folder, `${sessionId}.jsonl`),
        entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
      );
      await importSessionToStore(sessionId, sessionStore, { dir, batchSize: 7 });
      expect(await sessionStore.load(key)).toEqual(entries);
      await importSessionToStore(sessionId, sessionStore, { dir, batchSize: 7 });
      expect(await sessionStore.load(key)).toEqual(entries);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
