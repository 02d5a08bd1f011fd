import { expect, test } from "vitest";
import type { SessionStore } from "../../src/index.ts";
import { AgentSession, Message, type Commit, type ListQuery, type SearchQuery } from "../../src/index.ts";

/** What JavaScript may hand over where a text, a number or an object is due, whatever the types say. */
const NOT_A_TEXT: readonly unknown[] = [
  null,
  5,
  10n,
  NaN,
  true,
  Symbol("s"),
  {},
  [],
  /x/,
  new Date(),
  () => "x",
];
const NOT_AN_OBJECT: readonly unknown[] = [null, "text", 5, 10n, true];

type Call = readonly [keyof SessionStore, ...unknown[]];
type AnyArguments = (...args: unknown[]) => unknown;

/** Calls a method as a program without types may. */
async function called(store: SessionStore, method: keyof SessionStore, ...args: unknown[]): Promise<unknown> {
  const result = (store[method] as AnyArguments).apply(store, args);
  if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return await result;
  return await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().next();
}

/** That what makes no sense is refused with a typed error, on any engine. @param open a new store. */
export function testArguments(open: () => SessionStore): void {
  async function withSession(work: (store: SessionStore, id: string) => Promise<void>): Promise<void> {
    await using store = open();
    const session = new AgentSession({ messages: [Message.user("hello")] });
    await store.save(session);
    await work(store, session.id);
    const after = await store.summary(session.id);
    expect(after?.revision).toBe(1);
  }
  const invalid = { code: "INVALID_ARGUMENT" };

  test("a query of wrong types is refused by all that take one", () =>
    withSession(async (store) => {
      const texts: readonly (keyof ListQuery)[] = [
        ...([
          "user",
          "model",
          "source",
          "tag",
          "titleMatches",
          "parentId",
          "since",
          "until",
          "cursor",
        ] as const),
      ];
      const queries = [
        ...NOT_AN_OBJECT,
        ...texts.flatMap((key) => NOT_A_TEXT.map((value) => ({ [key]: value }))),
        ...[null, "yes", 1].flatMap((value) => [{ includeSubagents: value }, { mayBeBehind: value }]),
        ...[null, "/w", {}, { path: 5 }, { id: null }].map((workspace) => ({ workspace })),
        ...[null, 0, -1, 1.5, NaN, Infinity, "1", 1n].map((limit) => ({ limit })),
        ...[null, "", 1n, Symbol("s")].map((order) => ({ order })),
      ];
      for (const query of queries) {
        for (const method of ["list", "sessions", "listWithMetadata", "watchSessions"] as const)
          await expect(called(store, method, query)).rejects.toMatchObject(invalid);
      }
    }));

  test("a search for no text, or with a query of wrong types, is refused", () =>
    withSession(async (store) => {
      for (const text of [undefined, ...NOT_A_TEXT])
        await expect(called(store, "search", text)).rejects.toMatchObject(invalid);
      for (const query of NOT_AN_OBJECT)
        await expect(called(store, "search", "x", query)).rejects.toMatchObject(invalid);
      const texts: readonly (keyof SearchQuery)[] = ["user", "role", "since"];
      for (const query of texts.flatMap((key) => NOT_A_TEXT.map((value) => ({ [key]: value }))))
        await expect(called(store, "search", "x", query)).rejects.toMatchObject(invalid);
    }));

  test("a word that is as long as a book is looked for like any other", () =>
    withSession(async (store) => {
      const word = "long".repeat(50_000);
      const titled = new AgentSession({ metadata: { title: word } });
      await store.save(titled);
      const [hit] = await store.search(word);
      expect(hit?.id).toBe(titled.id);
    }));

  test("options that may be left out are passed on to load as they are", () =>
    withSession(async (store, id) => {
      const loaded = async (last?: number): Promise<string | undefined> =>
        (await store.load(id, { lastMessages: last }))?.constructor.name;
      expect([await loaded(), await loaded(1)]).toEqual(["AgentSession", "SessionView"]);
    }));

  test("options that are no object are refused", () =>
    withSession(async (store, id) => {
      const session = await store.load(id);
      for (const options of NOT_AN_OBJECT) {
        const calls: readonly (readonly [keyof SessionStore, ...unknown[]])[] = [
          ...([
            ["save", session],
            ["load", id],
            ["read", id],
            ["append", id, []],
            ["commit", id],
          ] as const),
          ...([
            ["fork", id],
            ["rewind", id],
            ["compact", id],
            ["organize", id],
            ["delete", id],
          ] as const),
          ...([
            ["watch", id],
            ["cleanupOld", 1],
            ["messages", id],
            ["sideItems", id],
          ] as const),
          ["relink", "/a", "/b"] as const,
        ];
        for (const [method, ...args] of calls)
          await expect(called(store, method, ...args, options)).rejects.toMatchObject(invalid);
      }
    }));

  test("options that decide what is removed, or who writes, are taken for no other type", () =>
    withSession(async (store, id) => {
      const rule = { olderThanDays: 400 };
      for (const options of NOT_AN_OBJECT) {
        const calls: readonly Call[] = [
          ["cleanup", rule],
          ["restore", id],
          ["redact", id],
          ["lease", id],
        ];
        for (const [method, ...args] of calls)
          await expect(called(store, method, ...args, options)).rejects.toMatchObject(invalid);
      }
      for (const value of [null, 0, 1, "false", {}]) {
        for (const options of [{ dryRun: value }, { trash: value }])
          await expect(called(store, "cleanup", rule, options)).rejects.toMatchObject(invalid);
        await expect(called(store, "restore", id, { subagents: value })).rejects.toMatchObject(invalid);
        await expect(called(store, "lease", id, { by: "a", takeOver: value })).rejects.toMatchObject(invalid);
      }
      for (const lease of [null, {}, { id }, { id, token: 5 }]) {
        const calls: readonly Call[] = [
          ["save", await store.load(id)],
          ["append", id, [Message.user("x")]],
          ["organize", id, { pinned: true }],
        ];
        for (const [method, ...args] of calls)
          await expect(called(store, method, ...args, { lease })).rejects.toMatchObject(invalid);
      }
    }));

  test("an operation id that is no text is refused, wherever one is given", () =>
    withSession(async (store, id) => {
      for (const operationId of NOT_A_TEXT) {
        const session = new AgentSession({ messages: [Message.user("new")] });
        await expect(called(store, "save", session, { operationId })).rejects.toMatchObject(invalid);
        await expect(called(store, "append", id, [], { operationId })).rejects.toMatchObject(invalid);
        await expect(called(store, "commit", id, { operationId })).rejects.toMatchObject(invalid);
      }
    }));

  test("a commit with a part that no commit has is refused, and not taken for one of nothing", () =>
    withSession(async (store, id) => {
      for (const commit of [{ messages: [] }, { sideItems: { log: [1] } }, [], { at: 5n }])
        await expect(called(store, "commit", id, commit)).rejects.toMatchObject(invalid);
      await expect(called(store, "append", id, "text")).rejects.toMatchObject(invalid);
      const spliced = { base: 1, splice: [0, 0, "text"] } as unknown as Commit;
      await expect(store.commit(id, spliced)).rejects.toMatchObject(invalid);
    }));

  test("a session is watched from behind a revision, and from nothing else", () =>
    withSession(async (store, id) => {
      for (const after of [null, -1, 0.5, NaN, Infinity, "1", 1n])
        await expect(called(store, "watch", id, { after })).rejects.toMatchObject(invalid);
      for (const signal of [null, {}, "now"]) {
        await expect(called(store, "watch", id, { signal })).rejects.toMatchObject(invalid);
        await expect(called(store, "watchSessions", {}, { signal })).rejects.toMatchObject(invalid);
      }
    }));

  test("what is old is told by a number of days: without one nothing goes to the trash", () =>
    withSession(async (store, id) => {
      for (const days of [undefined, null, "", "1", -1, NaN, [], 1n, new Date()])
        await expect(called(store, "cleanupOld", days)).rejects.toMatchObject(invalid);
      for (const rule of [...NOT_AN_OBJECT, {}, { keep: null }, { workspace: "/w" }])
        await expect(called(store, "cleanup", rule)).rejects.toMatchObject(invalid);
      for (const key of ["olderThanDays", "maxBytes", "trashOlderThanDays"]) {
        for (const value of [null, "", "1", -1, NaN, [], 1n])
          await expect(called(store, "cleanup", { [key]: value })).rejects.toMatchObject(invalid);
      }
      expect((await store.list()).map(String)).toEqual([id]);
    }));

  test("the other arguments of wrong types are refused", () =>
    withSession(async (store, id) => {
      for (const tags of [null, "tag", 5, {}]) {
        await expect(called(store, "organize", id, { addTags: tags })).rejects.toMatchObject(invalid);
        await expect(called(store, "organize", id, { removeTags: tags })).rejects.toMatchObject(invalid);
      }
      await expect(called(store, "organize", id, { addTags: [1n] })).rejects.toMatchObject(invalid);
      for (const wrong of [{ title: 5 }, { title: {} }, { pinned: "yes" }, { archived: 1 }, { pinned: null }])
        await expect(called(store, "organize", id, wrong)).rejects.toMatchObject(invalid);
      for (const summary of [undefined, null, 5, {}])
        await expect(called(store, "compact", id, { summary, keepRecent: 0 })).rejects.toMatchObject(invalid);
      for (const path of NOT_A_TEXT)
        await expect(called(store, "listForWorkspace", path)).rejects.toMatchObject(invalid);
      for (const before of NOT_A_TEXT)
        await expect(called(store, "emptyTrash", before)).rejects.toMatchObject(invalid);
    }));

  test("what is no session is not saved, and nothing is left that rejects unheard", () =>
    withSession(async (store, id) => {
      const unheard: unknown[] = [];
      const hear = (reason: unknown): number => unheard.push(reason);
      process.on("unhandledRejection", hear);
      try {
        for (const value of [undefined, ...NOT_A_TEXT, { id, messages: [] }])
          await expect(called(store, "save", value)).rejects.toMatchObject(invalid);
        for (const path of NOT_A_TEXT.slice(1)) {
          const session = await store.load(id);
          Object.assign(session ?? {}, { workspacePath: path });
          await expect(called(store, "save", session)).rejects.toMatchObject({ code: "INVALID_SESSION" });
        }
        // What nobody handled is told when the microtasks are done.
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off("unhandledRejection", hear);
      }
      expect(unheard).toEqual([]);
    }));
}
