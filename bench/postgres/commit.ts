import { randomUUID } from "node:crypto";
import pg from "pg";
import { newSessionId } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { turns } from "../workload/turns.ts";
import { withServer } from "./with-server.ts";

const BARE = "a bare insert of one row with the same bytes";
const OURS = "astrid-sessions, commit";
const UNSEARCHED = "astrid-sessions, commit, search off";

/** One commit of a turn beside one insert of the same bytes, each on one connection of pg to one server that flushes. */
export const postgresCommit = withServer("postgres-commit", {}, async ({ report, quick }, url) => {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("create table bare (id uuid, n bigint, body text, primary key (id, n))");
  const bare: Lane = {
    name: BARE,
    async prepare(rounds) {
      const id = randomUUID();
      const all = turns(rounds, 1);
      return {
        once: (round) =>
          client.query({
            name: "bare",
            text: "insert into bare values ($1, $2, $3)",
            values: [id, round, JSON.stringify(all[round])],
          }),
      };
    },
  };
  const engines = [
    [OURS, new PostgresEngine({ url, connections: 1 })],
    [UNSEARCHED, new PostgresEngine({ url, connections: 1, search: false })],
  ] as const;
  const lanes = engines.map(([name, engine]): Lane => {
    return {
      name,
      async prepare(rounds) {
        const id = newSessionId();
        const { revision } = await engine.commit(id, { base: 0 });
        const all = turns(rounds, 1);
        return {
          once: (round) =>
            engine.commit(id, {
              base: revision + round,
              splice: ["end", 0, all[round] ?? []],
              set: { tokenCount: round },
            }),
        };
      },
    };
  });
  const plan = quick ? { blocks: 2, rounds: 10 } : { blocks: 15, rounds: 40 };
  const samples = await interleave([bare, ...lanes], plan);
  const baseline = samples.get(BARE) ?? [];
  for (const [name, blocks] of samples) {
    const ratio = ratioOf(blocks, baseline);
    report.add({
      row: "PostgreSQL: one commit of a turn",
      ...{ contender: name, survives: "power cut", unit: "ms", baseline: BARE, ratio },
      value: spreadOf(blocks.flat()),
    });
    if (name === OURS) report.atMost("PostgreSQL: commit ÷ bare insert", ratio.median, 1.6);
  }
  await Promise.all([client.end(), ...engines.map(([, engine]) => engine.close())]);
});
