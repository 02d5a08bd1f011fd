import { randomUUID } from "node:crypto";
import type { SaveTurn } from "../contenders/contender.ts";
import { FLOORS } from "../contenders/floor.ts";
import { lmdb } from "../contenders/lmdb.ts";
import { nodeSqlite } from "../contenders/node-sqlite.ts";
import { ours } from "../contenders/ours.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import type { RowGroup } from "../harness/row-group.ts";
import { medianOf, ratioOf, spreadOf } from "../harness/statistics.ts";
import { P50_SESSION } from "../workload/quantiles.ts";
import { sessionMessages } from "../workload/messages.ts";
import { turns } from "../workload/turns.ts";
import { closeContenders, openContenders, type Opened } from "./open-contender.ts";

const SESSIONS = [1, 16, 64];
/** One after the other, so that what a store does behind its answer counts. */
const TURNS = 8;

/** Sessions of one process save turns at once; the time until all are stored, per save. */
export const concurrent: RowGroup = {
  name: "concurrent",
  async run(context) {
    const { report, quick } = context;
    const opened = await openContenders(context, [...FLOORS, ours, nodeSqlite, lmdb]);
    for (const sessions of SESSIONS) {
      if (quick && sessions > 16) continue;
      const lanes = opened.map((one) => laneOf(one, sessions));
      const samples = await interleave(lanes, quick ? { blocks: 1, rounds: 2 } : { blocks: 11, rounds: 8 });
      const blocks = (name: string): number[][] =>
        (samples.get(name) ?? []).map((block) => block.map((time) => time / (sessions * TURNS)));
      const floors = FLOORS.map(({ name }) => blocks(name));
      const [floor = []] = floors.toSorted((left, right) => medianOf(left.flat()) - medianOf(right.flat()));
      for (const { name, survives } of opened.map(({ contender }) => contender)) {
        report.add({
          row: `${TURNS} turns in a row, ${sessions} session${sessions > 1 ? "s" : ""} at once, per save`,
          ...{ contender: name, survives, unit: "ms", baseline: "the faster floor" },
          value: spreadOf(blocks(name).flat()),
          ratio: ratioOf(blocks(name), floor),
        });
      }
      if (sessions === 16) {
        const sqlite = ratioOf(blocks(nodeSqlite.name), blocks(ours.name));
        report.atLeast("node:sqlite row per message ÷ save, 16 sessions", sqlite.median, 1);
      }
    }
    await closeContenders(opened);
  },
};

function laneOf({ contender, store }: Opened, sessions: number): Lane {
  return {
    name: contender.name,
    async prepare(rounds) {
      const saves: SaveTurn[] = [];
      for (let seed = 1; seed <= sessions; seed++) {
        const messages = sessionMessages(P50_SESSION.messages, P50_SESSION.bytes, seed);
        saves.push(await store.begin(randomUUID(), messages));
      }
      const all = turns(rounds * TURNS, sessions);
      return {
        once: (round) =>
          Promise.all(
            saves.map(async (save) => {
              for (const turn of all.slice(round * TURNS, (round + 1) * TURNS)) await save(turn);
            }),
          ),
      };
    },
  };
}
