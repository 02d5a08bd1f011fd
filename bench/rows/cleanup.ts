import { SessionStore } from "../../src/index.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import type { RowGroup } from "../harness/row-group.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import * as seed from "../seed/list.ts";
import { makeSessions } from "../workload/many-sessions.ts";

const DAY = 24 * 60 * 60 * 1000;
const OLD = 90;
const OURS = "astrid-sessions, cleanupOld";
const SEED = "seed's algorithm, cleanup_old";

/** Removal of the one session of a hundred that is too old. */
export const cleanup: RowGroup = {
  name: "cleanup",
  async run({ report, scratch, quick, log }) {
    const size = quick ? 500 : 14_000;
    const old = size / 100;
    log(`cleanup: ${size} sessions`);
    const folder = scratch.folder("cleanup");
    const seedFolder = scratch.folder("cleanup-seed");
    await makeSessions(folder, 0, size - old, { seedFolder });
    const store = new SessionStore(folder);
    const createdAt = (): string => new Date(Date.now() - 2 * OLD * DAY).toISOString();
    const samples = await interleave(
      [
        lane(
          OURS,
          old,
          () => store.cleanupOld(OLD),
          async () => {
            await makeSessions(folder, 0, old, { createdAt });
            // A store in use has seen its sessions before it is asked to clean up.
            await store.listWithMetadata({ limit: 1 });
          },
        ),
        lane(
          SEED,
          old,
          async () => seed.cleanupOld(seedFolder, Date.now() - OLD * DAY),
          () => makeSessions(scratch.folder("unused"), 0, old, { createdAt, seedFolder }),
        ),
      ],
      quick ? { blocks: 1, rounds: 1 } : { blocks: 3, rounds: 3 },
    );
    await store.close();
    for (const contender of [OURS, SEED]) {
      const blocks = samples.get(contender) ?? [];
      report.add({
        row: `Cleanup of ${old} of ${size.toLocaleString("en-US")} sessions`,
        ...{ contender, unit: "ms", baseline: OURS },
        value: spreadOf(blocks.flat()),
        ratio: ratioOf(blocks, samples.get(OURS) ?? []),
      });
    }
  },
};

function lane(name: string, old: number, remove: () => Promise<number>, makeOld: () => Promise<void>): Lane {
  let are = 0;
  return {
    name,
    async prepare() {
      if (are === 0) await makeOld();
      are = old;
      return {
        once: async () => {
          const removed = await remove();
          if (removed !== old) throw new Error(`${name} removed ${removed} instead of ${old}`);
        },
        settle: makeOld,
      };
    },
  };
}
