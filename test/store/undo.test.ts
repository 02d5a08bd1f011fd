import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentSession, copyStore, MemoryEngine, Message, SessionStore } from "../../src/index.ts";
import { exportSession } from "../../src/export.ts";
import { importFile } from "../../src/import.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

/** A session that went back once: revision 3, which left what revision 2 had. */
async function rewound(store: SessionStore): Promise<string> {
  const session = new AgentSession({ messages: [Message.user("one")] });
  await store.save(session);
  await store.append(session.id, [Message.assistant("two"), Message.user("three")]);
  await store.rewind(session.id, { position: 1 });
  return session.id;
}

/** Says four more things, each in a commit of its own. */
async function goOn(store: SessionStore, id: string): Promise<void> {
  for (const text of ["a", "b", "c", "d"]) await store.append(id, [Message.user(text)]);
}

async function contents(store: SessionStore, id: string): Promise<unknown[]> {
  return (await store.load(id))?.messages.map(({ content }) => content) ?? [];
}

describe.each([
  ["in memory", (): string => "memory:"],
  ["in files", temporaryDirectory],
] as const)("%s", (_name, place: () => string) => {
  test("a fork has no rewind of the other session's to take back", async () => {
    await using store = new SessionStore(place());
    const id = await rewound(store);
    const fork = await store.fork(id);
    expect(await store.undo(fork.id)).toBeUndefined();
    await goOn(store, fork.id);
    expect(await store.undo(fork.id)).toBeUndefined();
    expect(await contents(store, fork.id)).toEqual(["one", "a", "b", "c", "d"]);
    expect(await store.undo(id)).toBe("rewind");
    expect(await contents(store, id)).toEqual(["one", "two", "three"]);
  });

  test("a fork takes back the summary that it was begun with, and what it did itself", async () => {
    await using store = new SessionStore(place());
    const id = await rewound(store);
    await goOn(store, id);
    await store.compact(id, { summary: "short", keepRecent: 1 });
    const fork = await store.fork(id);
    await store.append(fork.id, [Message.user("e")]);
    await store.rewind(fork.id, { position: 2 });
    expect(await store.undo(fork.id)).toBe("rewind");
    expect(await contents(store, fork.id)).toEqual(["one", "a", "b", "c", "d", "e"]);
    expect((await store.load(fork.id))?.context()).toHaveLength(3);
    expect(await store.undo(fork.id)).toBe("compact");
    expect((await store.load(fork.id))?.context()).toHaveLength(6);
    expect(await store.undo(fork.id)).toBeUndefined();
  });

  test("a session that came without its history has nothing of it to take back", async () => {
    await using store = new SessionStore(place());
    const id = await rewound(store);
    await goOn(store, id);
    let text = "";
    for await (const piece of exportSession(store, id)) text += piece;
    const file = join(temporaryDirectory(), "session.jsonl");
    writeFileSync(file, text);
    await using other = new SessionStore(place());
    const { sessionId } = await importFile(other, file);
    await goOn(other, sessionId);
    const before = await contents(other, sessionId);
    expect(await other.undo(sessionId)).toBeUndefined();
    expect(await contents(other, sessionId)).toEqual(before);
  });

  test("a copy with its history takes back what the original would", async () => {
    const engine = new MemoryEngine();
    await using store = new SessionStore(engine, { closeEngine: true });
    const id = await rewound(store);
    await using target = new SessionStore(place());
    await copyStore(engine, target.engine);
    await goOn(target, id);
    expect(await target.undo(id)).toBe("rewind");
    expect(await contents(target, id)).toEqual(["one", "two", "three"]);
    expect(await target.undo(id)).toBe("rewind");
    expect(await contents(target, id)).toEqual(["one", "a", "b", "c", "d"]);
  });
});
