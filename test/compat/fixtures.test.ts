import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  Message,
  parseSessionId,
  SessionStore,
  type AgentSession,
  type Json,
  type SessionId,
  type SideItem,
} from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { all, copyFixture, readFixture } from "./fixture-reading.ts";
import { checksumLines, FIXTURES, SUMS } from "./fixture-sums.ts";

interface Expectation {
  readonly list: readonly { readonly id: SessionId }[];
  readonly unreadable: readonly { readonly id: SessionId; readonly code: string }[];
  readonly trash: readonly {
    readonly id: SessionId;
    readonly title: string;
    readonly messageCount: number;
  }[];
  readonly sessions: Readonly<Record<string, ExpectedSession>>;
}

interface ExpectedSession {
  readonly head: { readonly [key: string]: Json };
  readonly messages: readonly Message[];
  readonly sideItems: readonly SideItem[];
  readonly history?: readonly Json[];
}

/** What the version that wrote a store said of it, and had wrong. */
const MENDED: Readonly<Record<string, (expected: Expectation) => object>> = {
  // A session whose document someone else removed is in the trash at once.
  "format-1/removed-by-astrid": () => ({
    trash: [{ id: "cc16f8d8-cb08-4339-9a1f-156c1e446188", title: "Its document is gone", messageCount: 3 }],
  }),
  // A listing shows what a load does, and what someone else changed is nothing to be repaired.
  "format-1/foreign-document": ({ sessions }) => ({
    list: expect.any(Array) as unknown,
    sessions: Object.fromEntries(
      Object.entries(sessionsToday(sessions)).map(([id, session]) => [
        id,
        { ...(session as object), state: "ok" },
      ]),
    ),
  }),
};

/** Since then a listing shows more of each session. */
function listedToday({ list, sessions }: Expectation): object[] {
  return list.map((summary) => {
    const head = sessions[summary.id]?.head;
    const custom = head?.["custom"] as Readonly<Record<string, string>>;
    return {
      autoTitle: null,
      held: null,
      takenOver: 0,
      takenOverTokens: 0,
      ...summary,
      prompts: head?.["turnCount"] === 0 ? null : head?.["turnCount"],
      branch: branchOf(head?.["gitState"]),
      custom,
      source: custom["source"] ?? "astrid",
    };
  });
}

function branchOf(gitState: unknown): string | null {
  return (gitState as { readonly branch: string } | null | undefined)?.branch ?? null;
}

/** The tags of commits that took a document of someone else's over. */
const TAKEN_OVER: readonly string[] = ["70864e25"];

/** Since then a commit says how many messages there are after it, and whether it took someone else's document over. */
function historyToday(history: readonly Json[] | undefined): unknown[] | undefined {
  return history?.map((entry): unknown => {
    if (typeof entry === "string") return entry;
    const commit = entry as unknown as { tag: string };
    const isForeign = TAKEN_OVER.includes(commit.tag) ? true : undefined;
    return { ...commit, messageCount: expect.any(Number) as unknown, isForeign };
  });
}

/** Since then sessions are told with more. */
function sessionsToday(sessions: Expectation["sessions"]): object {
  return Object.fromEntries(
    Object.entries(sessions).map(([id, session]) => [
      id,
      { ...session, history: historyToday(session.history) },
    ]),
  );
}

const folders = readdirSync(FIXTURES);
const stores = folders
  .filter((folder) => /^(format|packed)-/.test(folder))
  .flatMap((folder) => readdirSync(join(FIXTURES, folder)).map((name) => join(folder, name)))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -".json".length));

test("no file that an earlier version wrote was edited, added or taken away", () => {
  expect(folders.map(checksumLines).join("")).toBe(readFileSync(SUMS, "utf8"));
});

test("the fixtures of a format are made once", () => {
  const before = folders.map(checksumLines).join("");
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "make-fixtures.ts")]);
  expect(stderr.toString()).toContain("never changed");
  expect(status).toBe(1);
  expect(readdirSync(FIXTURES).map(checksumLines).join("")).toBe(before);
});

describe.each(stores)("%s", (name) => {
  const expected = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8")) as Expectation;
  const sessions = Object.entries(expected.sessions);
  const copy = (): string => {
    const directory = join(temporaryDirectory(), "sessions");
    copyFixture(join(FIXTURES, name), directory);
    return directory;
  };

  test("reads as it did when it was written, and is not changed by that", async () => {
    const directory = copy();
    expect(await readFixture(directory)).toEqual({
      ...expected,
      list: listedToday(expected),
      sessions: sessionsToday(expected.sessions),
      ...MENDED[name]?.(expected),
    });
    expect(contents(directory)).toEqual(contents(join(FIXTURES, name)));
  });

  test("gives the same messages from either end and from the middle", async () => {
    await using store = new SessionStore(copy());
    for (const [id, { messages }] of sessions) {
      const read = await all(store.messages(id));
      expect(read.map(({ message }) => message)).toEqual(messages);
      expect(read.map(({ position }) => position)).toEqual([...messages.keys()]);
      expect(await all(store.messages(id, { reverse: true }))).toEqual(read.toReversed());
      expect(await all(store.messages(id, { from: 1, limit: 2 }))).toEqual(read.slice(1, 3));
    }
  });

  test("takes the next save, the next append and a checkpoint, and keeps all that there was", async () => {
    const directory = copy();
    {
      await using store = new SessionStore(directory);
      for (const [id] of sessions) {
        const session = (await store.load(id)) as AgentSession;
        session.addMessage(Message.user("saved by this version"));
        await store.save(session);
        await store.append(id, [Message.user("appended by this version")]);
        await expectMore(store, id);
      }
    }
    await using store = new SessionStore(directory);
    for (const [id] of sessions) {
      await expectMore(store, id);
      await store.checkpoint(id);
      await expectMore(store, id);
    }
  });

  async function expectMore(store: SessionStore, id: string): Promise<void> {
    const { head, messages, sideItems, history = [] } = expected.sessions[id] as ExpectedSession;
    const session = (await store.load(id)) as AgentSession;
    expect(session.head()).toEqual({ ...head, tokenCount: session.tokenCount });
    expect(session.messages).toEqual([
      ...messages,
      { role: "user", content: "saved by this version" },
      { role: "user", content: "appended by this version" },
    ]);
    expect(await all(store.sideItems(id))).toEqual(sideItems);
    if (history.includes("CORRUPT_SESSION")) return;
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
    const commits = await all(store.engine.commits(parseSessionId(id), 0));
    expect(commits.slice(0, history.length)).toEqual(historyToday(history));
    expect(commits.at(-1)?.splice?.[2]).toEqual([{ role: "user", content: "appended by this version" }]);
  }

  test("forks, removes, restores and repairs", async () => {
    await using store = new SessionStore(copy());
    for (const { id, code } of expected.unreadable) {
      await expect(store.load(id)).rejects.toMatchObject({ code });
      await store.repair(id);
      expect((await store.load(id))?.messageCount).toBeGreaterThan(0);
    }
    for (const { id, title, messageCount } of expected.trash) {
      expect(await store.restore(id)).toBe(true);
      expect(await store.load(id)).toMatchObject({ messageCount, metadata: { title } });
    }
    for (const [id, { messages, sideItems }] of sessions) {
      const fork = await store.fork(id);
      expect((await store.load(fork.id))?.messages).toEqual(messages);
      for (const list of new Set(sideItems.map((item) => item.list)))
        expect(await itemsOf(store, fork.id, list)).toEqual(await itemsOf(store, id, list));
      expect(await store.delete(id, { trash: true })).toBe(true);
      expect(await store.load(id)).toBeUndefined();
      expect(await store.restore(id)).toBe(true);
      expect((await store.load(id))?.messages).toEqual(messages);
      expect(await store.delete(id)).toBe(true);
    }
    expect((await store.list()).filter((id) => id in expected.sessions)).toEqual([]);
  });
});

test("an operation that an earlier version stored is known, and not stored again", async () => {
  for (const folder of folders.filter((name) => name.startsWith("format-"))) {
    const directory = join(temporaryDirectory(), "sessions");
    copyFixture(join(FIXTURES, folder, "behind-checkpoint"), directory);
    await using store = new SessionStore(directory);
    const [id = ""] = await store.list();
    const operation = { operationId: "operation-1" };
    expect(await store.append(id, [Message.assistant("once")], operation)).toMatchObject({ repeated: true });
    const another = store.append(id, [Message.assistant("other")], operation);
    await expect(another).rejects.toMatchObject({ code: "OPERATION_MISMATCH" });
  }
});

async function itemsOf(store: SessionStore, id: string, list: string): Promise<Json[]> {
  return (await all(store.sideItems(id, { list }))).map(({ item }) => item);
}

/** Every file of a directory, by its name. */
function contents(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.sort().map((path) => [path.slice(directory.length), readFileSync(path, "latin1")]),
  );
}
