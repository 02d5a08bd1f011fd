import postgres from "postgres";
import { newSessionId } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { sessionMessages } from "../workload/messages.ts";
import { MESSAGES_PER_SESSION, valueAt } from "../workload/quantiles.ts";
import { wordOfRank } from "../workload/text.ts";
import { withServer } from "./with-server.ts";

const SCAN = "a scan of the bodies by LIKE";
const OURS = "astrid-sessions, search";
const BYTES_PER_MESSAGE = 1385;
/** Words from frequent to rare. */
const WORDS = [60, 300, 1500, 6000, 16_000].map(wordOfRank);

/** The best 20 hits of one word, beside the first 20 messages that a scan of the same server's bodies finds. */
export const postgresSearch = withServer(
  "postgres-search",
  { fsync: "off" },
  async ({ report, quick }, url) => {
    const sql = postgres(url, { max: 1, fetch_types: false });
    const engine = new PostgresEngine({ url, connections: 1 });
    const sessions = quick ? 10 : 120;
    for (let number = 0; number < sessions; number++) {
      const count = Math.round(valueAt(MESSAGES_PER_SESSION, (number + 0.5) / sessions));
      await engine.commit(newSessionId(), {
        base: 0,
        splice: [0, 0, sessionMessages(count, count * BYTES_PER_MESSAGE, number)],
      });
    }
    const begun = performance.now();
    await engine.search({ text: WORDS[0] ?? "" });
    const seconds = (performance.now() - begun) / 1000;
    const sums = await sql.unsafe<{ bytes: number }[]>(
      "select sum(octet_length(body))::float8 as bytes from astrid_sessions.messages",
    );
    const bytes = sums[0]?.bytes ?? 0;
    const row = `PostgreSQL: search of ${Math.round(bytes / 1e6)} MB`;
    report.add({
      row: `${row}, built by the first search`,
      ...{ contender: "rate", unit: "MB/s", value: spreadOf([bytes / 1e6 / seconds]) },
    });
    await sql.unsafe("vacuum analyze");
    const lanes: Lane[] = [
      {
        name: OURS,
        prepare: async () => ({
          once: (round) => engine.search({ text: WORDS[round % WORDS.length] ?? "" }),
        }),
      },
      {
        name: SCAN,
        prepare: async () => ({
          once: (round) =>
            sql.unsafe("select life, slot from astrid_sessions.messages where body ilike $1 limit 20", [
              `%${WORDS[round % WORDS.length] ?? ""}%`,
            ]),
        }),
      },
    ];
    const samples = await interleave(lanes, quick ? { blocks: 1, rounds: 5 } : { blocks: 9, rounds: 10 });
    const baseline = samples.get(OURS) ?? [];
    for (const [name, blocks] of samples) {
      report.add({
        row: `${row}, one word`,
        ...{ contender: name, unit: "ms", baseline: OURS },
        value: spreadOf(blocks.flat()),
        ratio: ratioOf(blocks, baseline),
      });
    }
    await engine.close();
    await sql.end();
  },
);
