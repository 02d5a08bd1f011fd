// A page of 50 sessions out of a million beside one out of a thousand, on one server.
import postgres from "postgres";
import { PostgresEngine } from "../../src/postgres.ts";
import { TestServer } from "../../test/postgres/server.ts";
import { median, sideBySide } from "./measure.ts";

const MANY = Number(process.argv[2] ?? 1_000_000);
const FEW = 1000;

const server = await TestServer.start({ fsync: "off", max_wal_size: "'4GB'", shared_buffers: "'512MB'" });
const sql = postgres(server.url, { max: 1, fetch_types: false });
const engines = {
  few: new PostgresEngine({ client: sql, tenant: "few" }),
  many: new PostgresEngine({ client: sql, tenant: "many" }),
};
await engines.few.migrate();
for (const [tenant, count] of [
  ["few", FEW],
  ["many", MANY],
] as const) {
  await sql.unsafe(`
    insert into astrid_sessions.sessions (tenant, id, life, revision, tag, updated_ms, next_slot, runs, message_count,
        bytes, token_count, turn_count, tool_call_count, approval_count, budget_snapshot, git_state)
      select '${tenant}', gen_random_uuid(), gen_random_uuid(), 20, gen_random_uuid(), 1700000000000 + (random() * 1e11)::bigint,
        40, '{0,40}', 40, 80000, 20000, 20, 0, 0, 'null', 'null'
      from generate_series(1, ${count})`);
  await sql.unsafe(`
    insert into astrid_sessions.heads (tenant, life, id, user_id, created_at, created_ms, title, title_folded, tags, tag_keys,
        custom, metadata_extra, workspace_path, workspace_id, parent_id, model, escape_state, allowances, system_prompt, extra)
      select tenant, life, id, '"' || lpad((updated_ms % 10000)::text, 16, '0') || '"', '"2026-01-01T00:00:00Z"', updated_ms,
        '"title ' || updated_ms || '"', 'title ' || updated_ms, '["t"]', '{"\\"t\\""}', '{}', '{}',
        '"/work/' || (updated_ms % 1000) || '"', 'null', 'null', '"m-1"', 'null', '[]', '""', '{}'
      from astrid_sessions.sessions where tenant = '${tenant}'`);
}
await sql.unsafe("vacuum analyze");
const rounds = 60;
for (const [name, query] of Object.entries({
  "newest 50": {},
  "newest 50 by creation": { order: "created" },
  "newest 50 of a user": { user: "0000000000000003" },
  "newest 50 of a workspace": { workspace: { path: "/work/77" } },
} as const)) {
  const times = await sideBySide(
    {
      few: () => engines.few.list({ ...query, limit: 50 }),
      many: () => engines.many.list({ ...query, limit: 50 }),
    },
    rounds,
  );
  const [few, many] = [median(times.get("few") ?? []), median(times.get("many") ?? [])];
  console.log(
    `${name}: ${few.toFixed(2)} ms of ${FEW} sessions, ${many.toFixed(2)} ms of ${MANY}: ${(many / few).toFixed(2)} ×`,
  );
}
const cursorOf = async (engine: PostgresEngine, pages: number): Promise<string | undefined> => {
  let cursor: string | undefined;
  for (let page = 0; page < pages; page++) cursor = (await engine.list({ limit: 50, cursor })).nextCursor;
  return cursor;
};
const cursors = { few: await cursorOf(engines.few, 10), many: await cursorOf(engines.many, 10) };
const paged = await sideBySide(
  {
    few: () => engines.few.list({ limit: 50, cursor: cursors.few }),
    many: () => engines.many.list({ limit: 50, cursor: cursors.many }),
  },
  rounds,
);
const [few, many] = [median(paged.get("few") ?? []), median(paged.get("many") ?? [])];
console.log(`the eleventh page: ${few.toFixed(2)} ms, ${many.toFixed(2)} ms: ${(many / few).toFixed(2)} ×`);
await sql.end();
await server.dispose();
