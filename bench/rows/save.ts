import { randomUUID } from "node:crypto";
import type { Message } from "../../src/index.ts";
import { FLOORS } from "../contenders/floor.ts";
import { durableLangGraph, langGraph } from "../contenders/langgraph.ts";
import { lmdb } from "../contenders/lmdb.ts";
import { durableMastra, mastra } from "../contenders/mastra.ts";
import { nodeSqlite } from "../contenders/node-sqlite.ts";
import { openAiFileSession } from "../contenders/openai-file-session.ts";
import { ours } from "../contenders/ours.ts";
import { durableSeed, seed } from "../contenders/seed.ts";
import { writeFileAtomic } from "../contenders/write-file-atomic.ts";
import { flushFolder } from "../harness/flush.ts";
import { interleave, type Lane, type Plan } from "../harness/interleave.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { medianOf, ratioOf, spreadOf, type Blocks } from "../harness/statistics.ts";
import { sessionMessages } from "../workload/messages.ts";
import { turns } from "../workload/turns.ts";
import { closeContenders, openContenders, type Opened } from "./open-contender.ts";

/** The median session, the one that 95 of 100 stay below, and what is beyond both. */
const LENGTHS = [10, 155, 708, 10_000];
/** Mean content bytes of a message in the workload. */
const BYTES_PER_MESSAGE = 1385;

/** Made once; messages are frozen, so that all can begin with the same. */
const BEGINNINGS = new Map<number, readonly Message[]>();

/** The durable save of one turn, against session length. */
export const save: RowGroup = {
  name: "save",
  async run(context) {
    await saveBesideTheFloor(context);
    await saveBesidePeers(context);
  },
};

/** All lengths in one interleaving: whether a save costs more than the disk does, and whether length matters. */
async function saveBesideTheFloor(context: BenchContext): Promise<void> {
  const { report, quick } = context;
  const opened = await openContenders(context, [...FLOORS, ours, nodeSqlite, lmdb]);
  const lanes = opened.flatMap((one) => LENGTHS.map((length) => laneOf(one, length)));
  const samples = await interleave(lanes, quick ? { blocks: 2, rounds: 8 } : { blocks: 15, rounds: 20 });
  await closeContenders(opened);
  const floor = fasterFloor(samples);
  for (const length of LENGTHS) {
    for (const { contender } of opened) addMeasure(context, samples, contender, length, floor, "");
  }
  for (const length of LENGTHS) {
    const { median } = ratioOf(blocksOf(samples, ours.name, length), floor);
    report.atMost(`save at ${length} messages ÷ floor`, median, 1.2);
  }
  const flat = ratioOf(blocksOf(samples, ours.name, 10_000), blocksOf(samples, ours.name, 10));
  report.atMost("save at 10,000 messages ÷ save at 10", flat.median, 1.1);
  const sqlite = ratioOf(blocksOf(samples, nodeSqlite.name, 155), blocksOf(samples, ours.name, 155));
  report.atLeast("node:sqlite row per message ÷ save, 1 session", sqlite.median, 1);
}

/** Those that rewrite the session leave much behind for the disk and the collector: an interleaving of their own. */
async function saveBesidePeers(context: BenchContext): Promise<void> {
  const { report, quick, log } = context;
  const opened = await openContenders(context, [
    ...[...FLOORS, ours, seed, durableSeed, writeFileAtomic, openAiFileSession],
    ...[langGraph, durableLangGraph, mastra, durableMastra],
  ]);
  for (const length of LENGTHS) {
    log(`save: ${length} messages`);
    const lanes = opened.map((one) => laneOf(one, length));
    const samples = await interleave(lanes, planAt(length, quick));
    const floor = fasterFloor(samples);
    for (const { contender } of opened) {
      addMeasure(context, samples, contender, length, floor, ", beside those that rewrite");
    }
    const least = { 708: 12, 10_000: 60 }[length];
    if (least === undefined) continue;
    const rewrite = ratioOf(
      blocksOf(samples, durableSeed.name, length),
      blocksOf(samples, ours.name, length),
    );
    report.atLeast(`seed's algorithm made durable ÷ save at ${length} messages`, rewrite.median, least);
  }
  await closeContenders(opened);
}

function planAt(length: number, quick: boolean): Plan {
  if (quick) return { blocks: 1, rounds: length >= 10_000 ? 1 : 3 };
  return length >= 10_000 ? { blocks: 5, rounds: 8 } : { blocks: 11, rounds: 10 };
}

function laneOf({ contender, store, folder }: Opened, length: number): Lane {
  return {
    name: laneName(contender.name, length),
    async prepare(rounds) {
      const saveTurn = await store.begin(randomUUID(), beginning(length));
      const all = turns(rounds, length);
      flushFolder(folder);
      return {
        once: (round) => saveTurn(all[round] ?? []),
        settle: () => {
          if (contender.survives !== "power cut") flushFolder(folder);
        },
      };
    },
  };
}

function beginning(length: number): readonly Message[] {
  const known = BEGINNINGS.get(length) ?? sessionMessages(length, length * BYTES_PER_MESSAGE, length);
  BEGINNINGS.set(length, known);
  return known;
}

function laneName(contender: string, length: number): string {
  return `${contender} at ${length}`;
}

function blocksOf(samples: ReadonlyMap<string, Blocks>, contender: string, length: number): Blocks {
  return samples.get(laneName(contender, length)) ?? [];
}

/** The floor is the faster of its two forms, whatever the session's length, which neither knows of. */
function fasterFloor(samples: ReadonlyMap<string, Blocks>): Blocks {
  const forms = FLOORS.map(({ name }) => {
    const lanes = LENGTHS.map((length) => blocksOf(samples, name, length)).filter(({ length }) => length > 0);
    return Array.from({ length: lanes[0]?.length ?? 0 }, (_, block) =>
      lanes.flatMap((lane) => lane[block] ?? []),
    );
  });
  const [fastest = []] = forms.toSorted((left, right) => medianOf(left.flat()) - medianOf(right.flat()));
  return fastest;
}

function addMeasure(
  { report }: BenchContext,
  samples: ReadonlyMap<string, Blocks>,
  { name, survives }: Opened["contender"],
  length: number,
  floor: Blocks,
  company: string,
): void {
  const blocks = blocksOf(samples, name, length);
  report.add({
    row: `Save of one turn, ${length.toLocaleString("en-US")} messages${company}`,
    ...{ contender: name, survives, unit: "ms", baseline: "the faster floor", x: length },
    value: spreadOf(blocks.flat()),
    ratio: ratioOf(blocks, floor),
  });
}
