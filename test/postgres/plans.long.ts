import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { PostgresClient, Row } from "../../src/engine/postgres/client.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import type { ListQuery, SearchQuery } from "../../src/engine/contract.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { fillStore, RARE } from "./large-store.ts";
import { installedPostgres, TestServer } from "./server.ts";

const SESSIONS = 200_000;
/** When one of the last of them was changed: there is one a minute. */
const LATE = new Date(1_700_000_000_000 + (SESSIONS - 2600) * 60_000).toISOString();
const SCHEMA = "plans";
/** Blocks that a statement may touch for a page of 50 sessions; the store has tens of thousands. */
const BLOCKS = 2500;
/** Rows that any step of it may go through. */
const ROWS = 5000;

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Plan[];
}

/** What is wrong with a plan, in sentences. */
function objections(plan: Plan, blocks: number): string[] {
  const found: string[] = [];
  const total = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
  if (total > blocks) found.push(`it touches ${total} blocks`);
  const visit = (node: Plan): void => {
    const rows =
      node["Actual Loops"] *
      (node["Actual Rows"] +
        (node["Rows Removed by Filter"] ?? 0) +
        (node["Rows Removed by Join Filter"] ?? 0));
    if (node["Node Type"] === "Seq Scan") found.push(`it scans ${node["Relation Name"] ?? "?"}`);
    if (rows > ROWS) found.push(`${node["Node Type"]} goes through ${rows} rows`);
    node.Plans?.forEach(visit);
  };
  visit(plan);
  return found;
}

/** A client that explains each statement, by both kinds of plan, before it runs it. */
class Explaining implements PostgresClient {
  readonly #client: pg.Client;
  readonly #known = new Map<string, string[]>();
  #last: Promise<unknown> = Promise.resolve();
  blocks = BLOCKS;
  readonly texts = new Set<string>();

  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** One after the other: what explains a statement is in a transaction of its own. */
  query(text: string, params: readonly (string | null)[]): Promise<{ rows: readonly Row[] }> {
    return this.#alone(() => this.#query(text, params));
  }

  explain(text: string, params: readonly (string | null)[], mode: string): Promise<Plan> {
    return this.#alone(() => this.#explain(text, params, mode));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #query(text: string, params: readonly (string | null)[]): Promise<{ rows: readonly Row[] }> {
    this.texts.add(text);
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      const wrong = objections(await this.#explain(text, params, mode), this.blocks);
      if (wrong.length > 0) this.#known.set(`${mode}: ${text}`, wrong);
    }
    const { rows } = await this.#client.query<Row>(text, [...params]);
    return { rows };
  }

  async #explain(text: string, params: readonly (string | null)[], mode: string): Promise<Plan> {
    const values = params.map((value) => (value === null ? "null" : pg.escapeLiteral(value))).join(", ");
    await this.#client.query("begin");
    try {
      await this.#client.query(`set local plan_cache_mode = ${mode}`);
      await this.#client.query(`prepare explained as ${text}`);
      const { rows } = await this.#client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(
        `explain (analyze, buffers, timing off, format json) execute explained${values === "" ? "" : `(${values})`}`,
      );
      const plan = rows[0]?.["QUERY PLAN"][0].Plan;
      assert.ok(plan !== undefined);
      return plan;
    } finally {
      await this.#client.query("rollback");
      await this.#client.query("deallocate all");
    }
  }

  async script(text: string): Promise<void> {
    await this.#alone(() => this.#client.query(`begin; ${text}; commit`));
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  /** @throws when a statement since the last call had a plan that grows with the store. */
  check(): void {
    const wrong = [...this.#known].map(([text, why]) => `${why.join("; ")}\n${text}`);
    this.#known.clear();
    assert.deepEqual(wrong, []);
  }
}

const LISTS: readonly (readonly [what: string, query: ListQuery])[] = [
  ["the newest", {}],
  ["the newest by creation", { order: "created" }],
  ["those of no sub-agent", { includeSubagents: false }],
  ["the sub-agents of a session", { parentId: newSessionId() }],
  ["the sub-agents of a session, by creation", { parentId: newSessionId(), order: "created" }],
  ["a time", { since: "2023-11-20T00:00:00Z", until: "2023-11-20T01:00:00Z" }],
  ["since then, by creation", { since: LATE, order: "created" }],
  ["since ever, by creation", { since: "2023-01-01T00:00:00Z", order: "created" }],
  ["until the beginning, by creation", { until: "2023-11-14T23:00:00Z", order: "created" }],
  ...(["rare", "common", "unknown"] as const).flatMap((value) => {
    const user = { rare: "00000000000000aa", common: "00000000000000cc", unknown: "00000000000000ee" }[value];
    return (["updated", "created"] as const).flatMap((order): [string, ListQuery][] => [
      [`a ${value} user, by ${order}`, { user, order }],
      [`a ${value} model, by ${order}`, { model: value, order }],
      [`a ${value} tag, by ${order}`, { tag: value, order }],
      [`a ${value} workspace path, by ${order}`, { workspace: { path: `/${value}` }, order }],
      [`a ${value} workspace id, by ${order}`, { workspace: { id: value }, order }],
      [`a ${value} workspace, by ${order}`, { workspace: { path: `/${value}`, id: value }, order }],
      [`a ${value} model of a common user, by ${order}`, { model: value, user: "00000000000000cc", order }],
    ]);
  }),
];

const SEARCHES: readonly (readonly [what: string, query: SearchQuery, finds: number])[] = [
  // In quotes a word is looked for as it is.
  ["one find", { text: '"ordinal4711"' }, 1],
  ["no find", { text: '"nowhere"' }, 0],
  ["a title", { text: '"number 4711"' }, 1],
  ["a phrase", { text: '"common ordinal4711"' }, 1],
  ["a prefix", { text: "ordinal47111*" }, 1],
  ["a role", { text: '"ordinal4711"', role: "user" }, 1],
  ["a user", { text: '"ordinal4711"', user: "00000000000000dd" }, 1],
  ["a workspace", { text: '"ordinal4711"', workspace: { path: "/w4711", id: "x" } }, 1],
  ["a time", { text: '"ordinal4711"', since: "2023-01-01T00:00:00Z" }, 1],
  // The word, and ten that go on: those from 47110 to 47119.
  ["words that go on, and parts of identifiers", { text: "ordinal4711" }, 11],
];

describe.skipIf(installedPostgres() === undefined).each(["without", "with"])(
  `every statement on ${SESSIONS} sessions, %s row-level security`,
  (security) => {
    const tenant = "big";
    let server: TestServer;
    let client: Explaining;
    let engine: PostgresEngine;

    beforeAll(async () => {
      server = await TestServer.start({ fsync: "off", shared_buffers: "'256MB'", autovacuum: "off" });
      await fillStore(server, { schema: SCHEMA, tenant: "small", sessions: 100 });
      await fillStore(server, { schema: SCHEMA, tenant, sessions: SESSIONS });
      if (security === "with") {
        server.file("row-level-security.sql", { schema: SCHEMA });
        server.sql(`create role ${tenant} login; grant usage on schema ${SCHEMA} to ${tenant};
          grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${tenant}`);
      }
      const user = security === "with" ? tenant : "postgres";
      const connection = new pg.Client(server.url.replace("postgres@", `${user}@`));
      await connection.connect();
      client = new Explaining(connection);
      engine = new PostgresEngine({ client, schema: SCHEMA, tenant, migrate: false });
      await engine.summary(newSessionId());
    }, 600_000);
    afterAll(async () => {
      await engine.close();
      await client.close();
      await server.dispose();
    });

    test.each(LISTS)("lists: %s", async (_, query) => {
      const { sessions, nextCursor } = await engine.list({ ...query, limit: 50 });
      client.check();
      if (nextCursor !== undefined) {
        assert.equal(sessions.length, 50);
        assert.ok((await engine.list({ ...query, limit: 50, cursor: nextCursor })).sessions.length > 0);
        client.check();
      }
      if ([query.user, query.model, query.tag].some((value) => /rare|aa$/.test(value ?? "")))
        assert.equal(sessions.length, query.user === "00000000000000cc" ? 0 : RARE);
    });

    test("lists: everything, and everything of a filter, in bounded pieces", async () => {
      client.blocks = 20_000;
      const before = client.texts.size;
      assert.equal((await engine.list({ tag: "rare" })).sessions.length, RARE);
      client.check();
      const read = client.texts.size;
      assert.deepEqual((await engine.list({ parentId: newSessionId() })).sessions, []);
      client.check();
      // It is counted, and what there is is read: nothing else.
      assert.ok(client.texts.size - read <= 2);
      // Two statements, the first page and the others; which is enough of them to be explained.
      const reading = engine.list({}).then(({ sessions }) => sessions.length);
      assert.equal(await reading, SESSIONS + 1);
      client.check();
      assert.ok(client.texts.size - before <= 8);
      client.blocks = BLOCKS;
    }, 600_000);

    test("lists: everything, in the memory of a small process", () => {
      const script = fileURLToPath(new URL("list-all.ts", import.meta.url));
      // The summaries themselves take most of it.
      const args = ["--max-old-space-size=256", script, server.url, SCHEMA, tenant];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.ok(Number(stdout) > SESSIONS, stderr.slice(0, 500));
    });

    test.each(SEARCHES)("searches: %s", async (_, query, finds) => {
      assert.equal((await engine.search(query)).length, finds);
      client.check();
    });

    test("searches: words that are one letter away", async () => {
      // There are 800 such words, and each is looked up: that many times a few blocks, however large the store is.
      client.blocks = 8000;
      assert.ok((await engine.search({ text: "ordinbl4711" })).length > 0);
      client.check();
      client.blocks = BLOCKS;
    });

    test("the life of a session", async () => {
      const id = newSessionId();
      const messages = Array.from({ length: 30 }, (_, index) => Message.user(`needle ${index}`));
      const side = { list: [1, 2, 3] };
      await engine.commit(id, { base: 0, splice: ["end", 0, messages], set: { title: "x" }, side });
      await engine.commit(id, { base: 1, splice: ["end", 0, messages], set: { tags: ["a"] }, side });
      await engine.commit(id, { splice: ["end", 0, messages], operationId: "op" });
      await engine.commit(id, { splice: ["end", 0, messages], operationId: "op" });
      await engine.commit(id, { base: 3, splice: [5, 20, [Message.user("instead")]], set: { turnCount: 2 } });
      await assert.rejects(engine.commit(id, { base: 1, set: { turnCount: 3 } }), { code: "CONFLICT" });
      client.check();
      assert.equal((await engine.read(id))?.messages.length, 71);
      assert.equal((await engine.summary(id))?.messageCount, 71);
      assert.equal((await engine.head(id))?.messageCount, 71);
      for await (const _ of engine.messages(id, { limit: 10, reverse: true })) continue;
      for await (const _ of (await engine.snapshot(id))?.messages({ from: 60 }) ?? []) continue;
      for await (const _ of engine.sideItems(id, { list: "list" })) continue;
      for await (const _ of engine.commits(id, 0)) continue;
      client.check();
      assert.equal((await engine.search({ text: "instead" })).length, 1);
      assert.equal((await engine.search({ text: "needle 29", limit: 5 })).length, 3);
      client.check();
      assert.equal((await engine.verify(id)).state, "ok");
      server.sql(`update ${SCHEMA}.sessions set bytes = 1 where id = '${id}'`);
      assert.equal((await engine.repair(id)).actions.length, 1);
      client.check();
      await engine.remove(id, { trash: true });
      assert.equal((await engine.trashed()).length, 1);
      await engine.restore(id);
      client.check();
      await engine.remove(id, { trash: true });
      assert.equal(await engine.emptyTrash(new Date(Date.now() + 60_000).toISOString()), 1);
      assert.equal(await engine.remove(id), false);
      client.check();
      // As many as one session a minute makes in the first hour.
      const unchangedSince = new Date(1_700_000_000_000 + 3_600_000).toISOString();
      const expired = await engine.expire({ unchangedSince, trashedBefore: unchangedSince });
      assert.deepEqual(expired, { tenants: 1, trashed: 60, removed: 0 });
      client.check();
    });

    test("a watcher", async () => {
      const stop = new AbortController();
      const hints = engine.changes(stop.signal);
      assert.equal((await hints.next()).value, undefined);
      const id = newSessionId();
      const next = hints.next();
      await engine.commit(id, { base: 0 });
      assert.equal((await next).value, id satisfies SessionId);
      stop.abort();
      await hints.return?.(undefined);
      await engine.remove(id);
      client.check();
    });

    test("control: a statement that reads the table is objected to", async () => {
      const text = `select count(*) from ${SCHEMA}.heads where custom = $1::text`;
      for (const mode of ["force_custom_plan", "force_generic_plan"])
        assert.ok(objections(await client.explain(text, ["x"], mode), BLOCKS).length > 0);
    });
  },
);
