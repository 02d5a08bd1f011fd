import postgres from "postgres";
import { PostgresEngine } from "../../src/postgres.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { withServer } from "./with-server.ts";

const FEW = 1000;
const QUERIES = {
  "newest 50": {},
  "newest 50 by creation": { order: "created" },
  "newest 50 of a user": { user: "0000000000000003" },
  "newest 50 of a workspace": { workspace: { path: "/work/77" } },
} as const;

/** A page of 50 out of a million sessions beside one out of a thousand, on one server. */
export const postgresList = withServer(
  "postgres-list",
  { fsync: "off", max_wal_size: "'4GB'", shared_buffers: "'512MB'" },
  async ({ report, quick, log }, url) => {
    const many = quick ? 10_000 : 1_000_000;
    const sql = postgres(url, { max: 1, fetch_types: false });
    const engines = [
      [
        `of ${FEW.toLocaleString("en-US")} sessions`,
        new PostgresEngine({ url, connections: 1, tenant: "few" }),
      ],
      [
        `of ${many.toLocaleString("en-US")} sessions`,
        new PostgresEngine({ url, connections: 1, tenant: "many" }),
      ],
    ] as const;
    await engines[0][1].migrate();
    log(`postgres-list: ${many} sessions`);
    await fill(sql, "few", FEW);
    await fill(sql, "many", many);
    await sql.unsafe("vacuum analyze");
    for (const [query, options] of Object.entries(QUERIES)) {
      const lanes = engines.map(([name, engine]): Lane => {
        return { name, prepare: async () => ({ once: () => engine.list({ ...options, limit: 50 }) }) };
      });
      const samples = await interleave(lanes, quick ? { blocks: 2, rounds: 5 } : { blocks: 11, rounds: 10 });
      const baseline = samples.get(engines[0][0]) ?? [];
      for (const [name, blocks] of samples) {
        const ratio = ratioOf(blocks, baseline);
        report.add({
          row: `PostgreSQL: ${query}`,
          ...{ contender: name, unit: "ms", baseline: engines[0][0], ratio },
          value: spreadOf(blocks.flat()),
        });
        if (query === "newest 50" && name === engines[1][0])
          report.atMost("PostgreSQL: list 50 of 1,000,000 ÷ of 1,000", ratio.median, 2);
      }
    }
    await Promise.all(engines.map(([, engine]) => engine.close()));
    await sql.end();
  },
);

/** Rows as commits leave them, without a million commits. */
async function fill(sql: postgres.Sql, tenant: string, count: number): Promise<void> {
  await sql.unsafe(`
    insert into astrid_sessions.sessions (tenant, id, life, revision, tag, updated_ms, next_slot, runs, message_count,
        bytes, token_count, turn_count, tool_call_count, approval_count, budget_snapshot, git_state)
      select '${tenant}', gen_random_uuid(), gen_random_uuid(), 20, gen_random_uuid(),
        1700000000000 + (random() * 1e11)::bigint, 40, '{0,40}', 40, 80000, 20000, 20, 0, 0, 'null', 'null'
      from generate_series(1, ${count})`);
  await sql.unsafe(`
    insert into astrid_sessions.heads (tenant, life, id, user_id, created_at, created_ms, title, title_folded, tags,
        tag_keys, custom, metadata_extra, workspace_path, workspace_id, parent_id, model, escape_state, allowances,
        system_prompt, extra)
      select tenant, life, id, '"' || lpad((updated_ms % 10000)::text, 16, '0') || '"', '"2026-01-01T00:00:00Z"',
        updated_ms, '"title ' || updated_ms || '"', 'title ' || updated_ms, '["t"]', '{"\\"t\\""}', '{}', '{}',
        '"/work/' || (updated_ms % 1000) || '"', 'null', 'null', '"m-1"', 'null', '[]', '""', '{}'
      from astrid_sessions.sessions where tenant = '${tenant}'`);
}
