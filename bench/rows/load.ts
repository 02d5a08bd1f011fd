import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentSession, SessionStore } from "../../src/index.ts";
import { interleave, type Lane, type Plan } from "../harness/interleave.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { sessionMessages } from "../workload/messages.ts";
import { P50_SESSION, P95_SESSION } from "../workload/quantiles.ts";

const OURS = "astrid-sessions, load";
const PARSE = "JSON.parse(readFileSync)";
const HUGE = { messages: 9000, bytes: 128e6 } as const;

/** Loading a whole session that its checkpoint covers, beside parsing that very file. */
export const load: RowGroup = {
  name: "load",
  async run(context) {
    const { quick } = context;
    await loadOne(context, "p50", P50_SESSION, quick ? { blocks: 3, rounds: 5 } : { blocks: 11, rounds: 20 });
    await loadOne(context, "p95", P95_SESSION, quick ? { blocks: 2, rounds: 3 } : { blocks: 11, rounds: 10 });
    await loadOne(context, "128 MB", HUGE, quick ? { blocks: 1, rounds: 1 } : { blocks: 5, rounds: 2 });
  },
};

async function loadOne(
  { scratch, report, quick }: BenchContext,
  name: string,
  size: { readonly messages: number; readonly bytes: number },
  plan: Plan,
): Promise<void> {
  const folder = scratch.folder(`load-${name}`);
  const bytes = quick && size === HUGE ? size.bytes / 10 : size.bytes;
  const session = new AgentSession({ messages: sessionMessages(size.messages, bytes, size.messages) });
  await using store = new SessionStore(folder);
  await store.save(session);
  await store.checkpoint(session.id);
  const path = join(folder, `${session.id}.json`);
  const samples = await interleave(
    [
      lane(OURS, () => store.load(session.id)),
      lane(PARSE, async () => JSON.parse(readFileSync(path, "utf8")) as unknown),
    ],
    plan,
  );
  const parse = samples.get(PARSE) ?? [];
  for (const contender of [PARSE, OURS]) {
    const blocks = samples.get(contender) ?? [];
    const ratio = ratioOf(blocks, parse);
    report.add({
      row: `Load of a ${name} session (${size.messages} messages, ${(bytes / 1e6).toFixed(1)} MB)`,
      ...{ contender, unit: "ms", baseline: PARSE, ratio },
      value: spreadOf(blocks.flat()),
    });
    if (contender === OURS) report.atMost(`load of a ${name} session ÷ JSON.parse`, ratio.median, 1.4);
  }
}

function lane(name: string, load: () => Promise<unknown>): Lane {
  return {
    name,
    async prepare() {
      let held: unknown;
      return {
        once: async () => {
          held = await load();
        },
        settle: () => {
          if (held === undefined) throw new Error(`${name}: nothing was loaded`);
          held = undefined;
        },
      };
    },
  };
}
