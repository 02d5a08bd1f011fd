import assert from "node:assert/strict";
import type { ListQuery, StorageEngine } from "../../engine/contract.ts";
import type { HeadChanges } from "../../session/head.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, create, nextMillisecond, numbered, refusal, withoutBytes } from "../samples.ts";

/** Sessions that were created one after the other, each titled by its name. */
async function createAll(engine: StorageEngine, sessions: Record<string, HeadChanges>): Promise<void> {
  for (const [title, set] of Object.entries(sessions)) {
    await create(engine, numbered(1), { title, ...set });
    await nextMillisecond();
  }
}

async function titles(engine: StorageEngine, query: ListQuery = {}): Promise<(string | null)[]> {
  return (await engine.list(query)).sessions.map(({ title }) => title);
}

/** The titles of every page, and the number of pages. */
async function paged(
  engine: StorageEngine,
  query: ListQuery,
): Promise<{ titles: (string | null)[]; pages: number }> {
  const found: (string | null)[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await engine.list({ ...query, cursor });
    found.push(...page.sessions.map(({ title }) => title));
    cursor = page.nextCursor;
    pages++;
    assert.ok(pages < 100, "pages without an end");
  } while (cursor !== undefined);
  return { titles: found, pages };
}

/** A cursor that no listing returned. */
function crafted(time: number): string {
  return Buffer.from(JSON.stringify(["updated", time, newSessionId()])).toString("base64url");
}

export const list: Chapter = {
  title: "list",
  guarantees(guarantee) {
    guarantee("an empty place lists nothing, and is no error", async (engine) => {
      assert.deepEqual(await engine.list({}), { sessions: [], unreadable: [], nextCursor: undefined });
    });

    guarantee("the session that was changed last comes first", async (engine) => {
      const { id } = await create(engine, numbered(1), { title: "oldest" });
      await nextMillisecond();
      await createAll(engine, { middle: {}, newest: {} });
      assert.deepEqual(await titles(engine), ["newest", "middle", "oldest"]);
      await append(engine, id, numbered(1));
      assert.deepEqual(await titles(engine), ["oldest", "newest", "middle"]);
    });

    guarantee("by creation: as instants, not as texts", async (engine) => {
      await createAll(engine, {
        third: { createdAt: "2026-03-01T12:00:00+09:00" },
        first: { createdAt: "2026-03-01T05:00:00.000000001Z" },
        second: { createdAt: "2026-03-01T04:00:00Z" },
      });
      assert.deepEqual(await titles(engine, { order: "created" }), ["first", "second", "third"]);
    });

    guarantee("by creation: every time that a session may have, a leap second too", async (engine) => {
      const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
      const last = names.map((name, n) => [name, { createdAt: `2016-12-31T23:59:${50 + n}Z` }] as const);
      await createAll(engine, {
        ...{ leap: { createdAt: "2016-12-31T23:59:60.9Z" }, ...Object.fromEntries(last) },
      });
      const expected = ["leap", ...names.toReversed()];
      assert.deepEqual(await titles(engine, { order: "created" }), expected);
      assert.deepEqual(await titles(engine, { order: "created", limit: 2 }), expected.slice(0, 2));
    });

    guarantee("filters by user, model, tag and title", async (engine) => {
      await createAll(engine, {
        "Fix the Parser": { userId: "0000000000000001", model: "m-1", tags: ["bug", "urgent"] },
        "write docs": { userId: "0000000000000002", model: "m-1", tags: [] },
        "fix docs": { userId: "0000000000000001", model: null, tags: ["bug"] },
      });
      assert.deepEqual(await titles(engine, { user: "0000000000000001" }), ["fix docs", "Fix the Parser"]);
      assert.deepEqual(await titles(engine, { model: "m-1" }), ["write docs", "Fix the Parser"]);
      assert.deepEqual(await titles(engine, { tag: "bug" }), ["fix docs", "Fix the Parser"]);
      assert.deepEqual(await titles(engine, { tag: "bu" }), []);
      assert.deepEqual(await titles(engine, { titleMatches: "FIX" }), ["fix docs", "Fix the Parser"]);
      assert.deepEqual(await titles(engine, { titleMatches: "docs", tag: "bug" }), ["fix docs"]);
      assert.deepEqual(await titles(engine, { user: "0000000000000003" }), []);
    });

    guarantee("filters by the parent of sub-agents", async (engine) => {
      const [parentId, other] = [newSessionId(), newSessionId()];
      await createAll(engine, {
        ...{
          one: { parentId },
          none: {},
          two: { parentId },
          others: { parentId: other },
          tagged: { tags: [parentId] },
        },
      });
      assert.deepEqual(await titles(engine, { parentId }), ["two", "one"]);
      assert.deepEqual(await titles(engine, { parentId, limit: 1 }), ["two"]);
      assert.deepEqual(await titles(engine, { parentId: newSessionId() }), []);
      assert.deepEqual(await titles(engine, { parentId, includeSubagents: false }), []);
    });

    guarantee("filters by source", async (engine) => {
      await createAll(engine, {
        own: {},
        graph: { custom: { source: "langgraph" } },
        said: { custom: { source: "astrid" } },
        odd: { custom: { source: 'a "quoted" \u0000 \ud800 one', other: "langgraph" } },
        chat: { custom: { chat: "1", source: "ai-sdk" } },
      });
      assert.deepEqual(await titles(engine, { source: "astrid" }), ["said", "own"]);
      assert.deepEqual(await titles(engine, { source: "langgraph" }), ["graph"]);
      assert.deepEqual(await titles(engine, { source: "ai-sdk", limit: 1 }), ["chat"]);
      assert.deepEqual(await titles(engine, { source: 'a "quoted" \u0000 \ud800 one' }), ["odd"]);
      assert.deepEqual(await titles(engine, { source: "lang" }), []);
    });

    guarantee(
      "filters by what is pinned and archived; both are listed unless the query says",
      async (engine) => {
        await createAll(engine, {
          plain: { custom: { note: '"archived":"x", "pinned":"x"' } },
          pinned: { custom: { pinned: "2026-01-01T00:00:00Z" } },
          archived: { custom: { archived: "2026-01-01T00:00:00Z" }, tags: ["pinned"] },
          both: { custom: { pinned: "2026-01-01T00:00:00Z", archived: "" } },
        });
        const all = ["both", "archived", "pinned", "plain"];
        assert.deepEqual(await titles(engine), all);
        for (const key of ["pinned", "archived"] as const) {
          const marked = all.filter((title) => title === key || title === "both");
          assert.deepEqual(await titles(engine, { [key]: true }), marked);
          assert.deepEqual(
            await titles(engine, { [key]: false }),
            all.filter((title) => !marked.includes(title)),
          );
        }
        assert.deepEqual(await titles(engine, { pinned: true, archived: false }), ["pinned"]);
        assert.deepEqual(await titles(engine, { archived: false, limit: 1 }), ["pinned"]);
      },
    );

    guarantee("filters by workspace: its path, its id, or either", async (engine) => {
      const id = newSessionId();
      await createAll(engine, {
        both: { workspacePath: "/a", workspaceId: id },
        moved: { workspacePath: "/old", workspaceId: id },
        path: { workspacePath: "/a" },
        below: { workspacePath: "/a/b" },
        none: {},
      });
      assert.deepEqual(await titles(engine, { workspace: { path: "/a" } }), ["path", "both"]);
      assert.deepEqual(await titles(engine, { workspace: { id } }), ["moved", "both"]);
      assert.deepEqual(await titles(engine, { workspace: { path: "/a", id } }), ["path", "moved", "both"]);
    });

    guarantee("filters by time: since is inclusive, until is not", async (engine) => {
      await createAll(engine, { a: {}, b: {}, c: {} });
      const { sessions } = await engine.list({});
      const [, b] = sessions;
      assert.ok(b);
      assert.deepEqual(await titles(engine, { since: b.updatedAt }), ["c", "b"]);
      assert.deepEqual(await titles(engine, { until: b.updatedAt }), ["a"]);
      const inAnotherZone = new Date(Date.parse(b.updatedAt) + 3_600_000)
        .toISOString()
        .replace("Z", "+01:00");
      assert.deepEqual(await titles(engine, { since: inAnotherZone }), ["c", "b"]);
    });

    guarantee("sessions of sub-agents are listed unless the query leaves them out", async (engine) => {
      await createAll(engine, { parent: {}, child: { parentId: newSessionId() } });
      assert.deepEqual(await titles(engine), ["child", "parent"]);
      assert.deepEqual(await titles(engine, { includeSubagents: true }), ["child", "parent"]);
      assert.deepEqual(await titles(engine, { includeSubagents: false }), ["parent"]);
    });

    guarantee("pages show every session once, in the order of the whole list", async (engine) => {
      for (let index = 0; index < 10; index++) {
        const createdAt = index < 6 ? "2026-01-01T00:00:00Z" : "2026-01-02T00:00:00Z";
        await create(engine, [], {
          title: `session ${index}`,
          createdAt,
          model: index % 5 === 0 ? "other" : "m",
        });
      }
      for (const order of ["updated", "created"] as const) {
        for (const limit of [1, 3, 10, 11]) {
          const { titles: found, pages } = await paged(engine, { order, limit });
          assert.deepEqual(found, await titles(engine, { order }), `${order}, ${limit} a page`);
          assert.equal(pages, Math.ceil(10 / limit));
        }
        const { titles: filtered, pages } = await paged(engine, { order, limit: 4, model: "m" });
        assert.deepEqual(filtered, await titles(engine, { order, model: "m" }));
        assert.equal(pages, 2);
      }
    });

    guarantee("what changes between two pages neither hides nor repeats what did not", async (engine) => {
      await createAll(engine, { a: {}, b: {}, c: {}, d: {}, e: {}, f: {} });
      const first = await engine.list({ limit: 2 });
      assert.deepEqual(
        first.sessions.map(({ title }) => title),
        ["f", "e"],
      );
      const ids = new Map((await engine.list({})).sessions.map(({ title, id }) => [title, id]));
      const idOf = (title: string) => ids.get(title) ?? assert.fail(title);
      await engine.remove(idOf("e")); // the last of the page before
      await append(engine, idOf("c"), numbered(1)); // moves to the front
      await createAll(engine, { g: {} });
      const second = await engine.list({ limit: 2, cursor: first.nextCursor });
      assert.deepEqual(
        second.sessions.map(({ title }) => title),
        ["d", "b"],
      );
      const third = await engine.list({ limit: 2, cursor: second.nextCursor });
      assert.deepEqual(
        third.sessions.map(({ title }) => title),
        ["a"],
      );
      assert.equal(third.nextCursor, undefined);
    });

    guarantee("a query that makes no sense is refused", async (engine) => {
      await createAll(engine, { a: {}, b: {} });
      const { nextCursor } = await engine.list({ limit: 1 });
      const queries: ListQuery[] = [
        ...[{ limit: 0 }, { limit: -1 }, { limit: 1.5 }, { limit: NaN }],
        ...[
          { since: "yesterday" },
          { until: "2026-13-01T00:00:00Z" },
          { since: "" },
          { since: "2026-01-01" },
        ],
        ...[
          { cursor: "" },
          { cursor: "nonsense" },
          { cursor: "W10" },
          // Crafted: no time that a session can have.
          { cursor: crafted(1.5) },
          { cursor: crafted(1e300) },
          { cursor: crafted(-9e15) },
          { cursor: nextCursor, order: "created" as const },
        ],
        ...[{ order: "title" as "created" }, { workspace: {} }],
      ];
      for (const query of queries) await refusal(engine.list(query), "INVALID_ARGUMENT");
    });

    guarantee("listing changes nothing", async (engine) => {
      await createAll(engine, { a: {}, b: {} });
      const { sessions } = await engine.list({});
      await nextMillisecond();
      assert.deepEqual(withoutBytes((await engine.list({})).sessions), withoutBytes(sessions));
    });
  },
};
