import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentSession, AstridHome, SessionStore } from "../../src/index.ts";

// The four tests of Astrid's own session store, by their names there.

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "astrid-seed-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("test_session_store", async () => {
  await using store = new SessionStore(directory);
  const session = new AgentSession({ systemPrompt: "Test" });

  await store.save(session);

  const loaded = await store.load(session.id);
  expect(loaded?.systemPrompt).toBe(session.systemPrompt);

  expect(await store.list()).toEqual([session.id]);

  await store.delete(session.id);
  expect(await store.load(session.id)).toBeUndefined();
});

test("test_session_store_lazy_dir_creation", async () => {
  const sessionsPath = join(directory, "lazy_sessions");

  await using store = new SessionStore(sessionsPath);
  expect(existsSync(sessionsPath)).toBe(false);

  expect(await store.list()).toEqual([]);
  expect(existsSync(sessionsPath)).toBe(false);

  await store.save(new AgentSession({ systemPrompt: "Test" }));
  expect(existsSync(sessionsPath)).toBe(true);
});

test("test_session_store_atomic_write", async () => {
  const session = new AgentSession({ systemPrompt: "Test" });
  {
    await using store = new SessionStore(directory);
    await store.save(session);
  }

  // No temporary file remains, here or below; the real ones are there.
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.includes(session.id))
    .map((entry) => join(entry.parentPath, entry.name));
  const expected = [`${session.id}.journal.jsonl`, `${session.id}.json`].map((name) => join(directory, name));
  expect(files.sort()).toEqual(expected.sort());
});

test("test_session_store_from_home", async () => {
  const session = new AgentSession({ systemPrompt: "Test" });
  {
    await using store = SessionStore.fromHome(AstridHome.fromPath(directory));
    await store.save(session);
  }

  expect(existsSync(join(directory, "sessions", `${session.id}.json`))).toBe(true);
});
