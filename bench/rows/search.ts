import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentSession, FileEngine, SessionStore } from "../../src/index.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { medianOf, ratioOf, spreadOf } from "../harness/statistics.ts";
import { sessionMessages } from "../workload/messages.ts";
import { CORPUS, MESSAGES_PER_SESSION, valueAt } from "../workload/quantiles.ts";
import { wordOfRank } from "../workload/text.ts";
import { unsyncedDisk } from "../workload/unsynced-disk.ts";

const OURS = "astrid-sessions, search";
const RIPGREP = "ripgrep, files that match";
/** One word each, from those in every message to those in hardly any. */
const QUERIES = [5, 20, 60, 150, 300, 700, 1500, 3000, 6000, 10_000, 16_000, 24_000, 32_000].map(wordOfRank);

/** Full text search in as much text as 273 real sessions hold, beside a scan of that text. */
export const search: RowGroup = {
  name: "search",
  async run(context) {
    const { report, quick, scratch, log } = context;
    const sessions = quick ? 20 : CORPUS.sessions;
    const bytes = quick ? 10e6 : CORPUS.bytes;
    log(`search: generating ${Math.round(bytes / 1e6)} MB`);
    const folder = scratch.folder("corpus");
    const plain = scratch.folder("corpus-plain");
    await makeCorpus(folder, plain, sessions, bytes);
    removeIndex(folder);
    const store = new SessionStore(folder);
    try {
      await buildIndex(context, store, folder, bytes);
      await compare(context, store, plain, bytes);
    } catch (error) {
      report.skip("search", error);
    } finally {
      await store.close();
    }
  },
};

async function buildIndex(
  { report }: BenchContext,
  store: SessionStore,
  folder: string,
  bytes: number,
): Promise<void> {
  const begun = performance.now();
  await store.search(QUERIES[0] ?? "", { limit: 1 });
  const seconds = (performance.now() - begun) / 1000;
  const row = `Index of ${Math.round(bytes / 1e6)} MB of messages, built by the first search`;
  const rate = bytes / 1e6 / seconds;
  report.add({ row, contender: "rate", unit: "MB/s", value: spreadOf([rate]) });
  const size = indexFiles(folder).reduce((sum, path) => sum + statSync(path).size, 0);
  report.add({
    row: `${row}: size`,
    ...{ contender: "index.sqlite", unit: "MB", baseline: "the messages' text" },
    value: spreadOf([size / 1e6]),
    ratio: spreadOf([size / bytes]),
  });
}

/** The median over queries, each of which is measured side by side with a scan. */
async function compare(
  { report, quick }: BenchContext,
  store: SessionStore,
  plain: string,
  bytes: number,
): Promise<void> {
  const times: Record<string, number[]> = { [OURS]: [], [RIPGREP]: [] };
  const ratios: number[] = [];
  for (const query of QUERIES) {
    const samples = await interleave(
      [
        lane(OURS, () => store.search(query, { limit: 20 })),
        lane(RIPGREP, async () => ripgrep(query, plain)),
      ],
      quick ? { blocks: 1, rounds: 2 } : { blocks: 1, rounds: 5 },
    );
    for (const [name, blocks] of samples) times[name]?.push(medianOf(blocks.flat()));
    ratios.push(ratioOf(samples.get(RIPGREP) ?? [], samples.get(OURS) ?? []).median);
  }
  for (const [contender, medians] of Object.entries(times)) {
    report.add({
      row: `Search of ${Math.round(bytes / 1e6)} MB, median of ${QUERIES.length} queries (spread: over queries)`,
      ...{ contender, unit: "ms", baseline: OURS },
      value: spreadOf(medians),
      ratio: contender === OURS ? spreadOf([1]) : spreadOf(ratios),
    });
  }
  report.atLeast("ripgrep ÷ search, p50 query", medianOf(ratios), 20);
}

function lane(name: string, once: () => Promise<unknown>): Lane {
  return { name, prepare: async () => ({ once }) };
}

/** A scan of nothing but the text: it is spared the journals and the index. */
function ripgrep(query: string, folder: string): void {
  const done = spawnSync("rg", ["--fixed-strings", "--files-with-matches", "--", query, folder]);
  if (done.error !== undefined) throw new Error(`ripgrep: ${done.error.message}`);
}

async function makeCorpus(folder: string, plain: string, sessions: number, bytes: number): Promise<void> {
  const counts = Array.from({ length: sessions }, (_, at) =>
    valueAt(MESSAGES_PER_SESSION, (at + 0.5) / sessions),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const store = new SessionStore(new FileEngine(folder, { disk: unsyncedDisk() }), { closeEngine: true });
  for (const [seed, count] of counts.entries()) {
    const messages = sessionMessages(count, (bytes * count) / total, seed);
    const session = new AgentSession({ messages });
    await store.save(session);
    writeFileSync(
      join(plain, `${session.id}.jsonl`),
      messages.map((one) => `${JSON.stringify(one)}\n`).join(""),
    );
  }
  await store.close();
}

function indexFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("index.sqlite"))
    .map((name) => join(folder, name));
}

function removeIndex(folder: string): void {
  for (const path of indexFiles(folder)) rmSync(path);
}
