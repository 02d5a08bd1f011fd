import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Contender } from "../contenders/contender.ts";
import { durableLangGraph } from "../contenders/langgraph.ts";
import { lmdb } from "../contenders/lmdb.ts";
import { durableMastra } from "../contenders/mastra.ts";
import { nodeSqlite } from "../contenders/node-sqlite.ts";
import { openAiFileSession } from "../contenders/openai-file-session.ts";
import { ours } from "../contenders/ours.ts";
import { durableSeed } from "../contenders/seed.ts";
import { writeFileAtomic } from "../contenders/write-file-atomic.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { spreadOf } from "../harness/statistics.ts";
import { bytesOf, sessionMessages } from "../workload/messages.ts";
import { P50_SESSION, P95_SESSION } from "../workload/quantiles.ts";

const COUNTERS = "/proc/self/io";
const CONTENDERS = [
  ...[
    ours,
    durableSeed,
    writeFileAtomic,
    openAiFileSession,
    nodeSqlite,
    lmdb,
    durableLangGraph,
    durableMastra,
  ],
];

/** Bytes handed to the system over a session's whole life, saved after every message and closed at the end. */
export const amplification: RowGroup = {
  name: "amplification",
  async run(context) {
    const { report, quick } = context;
    if (!existsSync(COUNTERS)) {
      report.skip("bytes written over a session", "only Linux counts them for a process");
      return;
    }
    const sessions = [
      ["p50", P50_SESSION],
      ["p95", P95_SESSION],
    ] as const;
    for (const [name, { messages, bytes }] of sessions) {
      if (quick && name === "p95") continue;
      for (const contender of CONTENDERS) {
        try {
          const factor = await measure(context, contender, name, messages, bytes);
          if (contender === ours)
            report.atMost(`bytes written over a ${name} session ÷ its bytes`, factor, 2.2);
        } catch (error) {
          report.skip(contender.name, error);
        }
      }
    }
  },
};

async function measure(
  { report, scratch }: BenchContext,
  contender: Contender,
  name: string,
  count: number,
  bytes: number,
): Promise<number> {
  const messages = sessionMessages(count, bytes, count);
  const data = bytesOf(messages);
  const store = await contender.open(scratch.folder(contender.name));
  const before = bytesWritten();
  const save = await store.begin(randomUUID(), messages.slice(0, 1));
  for (const message of messages.slice(1)) await save([message]);
  await store.close();
  const written = bytesWritten() - before;
  report.add({
    row: `Bytes written over a whole ${name} session (${count} messages)`,
    ...{
      contender: contender.name,
      survives: contender.survives,
      unit: "MB",
      baseline: "the messages as JSON",
    },
    value: spreadOf([written / 1e6]),
    ratio: spreadOf([written / data]),
  });
  return written / data;
}

/** What this process and its threads passed to `write` and its kin. */
function bytesWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(COUNTERS, "utf8"))?.[1]);
}
