import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SessionStore } from "../../src/index.ts";
import { interleave, type Lane, type Plan } from "../harness/interleave.ts";
import { buildPackage } from "../harness/package.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { medianOf, ratioOf, spreadOf, type Blocks } from "../harness/statistics.ts";
import * as seed from "../seed/list.ts";
import { makeSessions } from "../workload/many-sessions.ts";

const SIZES = [100, 3_000, 14_000, 100_000];
const QUICK_SIZES = [100, 400];
const PAGE = 50;

const LIST = "astrid-sessions, list of 50, warm";
const RECENT = "astrid-sessions, most recent, warm";
const CHANGED = "astrid-sessions, list of 50 after a foreign change";
const COLD = "astrid-sessions list, a new process";
const BARE = "node -e 0";
const LOOK = "node: readdir, and lstat of every file";
const SEED_LIST = "seed's algorithm, list";
const SEED_RECENT = "seed's algorithm, most recent";

/** The least that a new process has to do to notice what anyone may have changed. */
const LOOK_AT_ALL = `
  const { readdirSync, lstatSync } = require("node:fs");
  for (const name of readdirSync(process.argv[1])) lstatSync(process.argv[1] + "/" + name, { bigint: true });`;

/** A page of sessions and the most recent one, against how many there are. */
export const list: RowGroup = {
  name: "list",
  async run(context) {
    const { report, quick, log, scratch } = context;
    const warm = new Map<number, Blocks>();
    const folder = scratch.folder("sessions");
    const seedFolder = scratch.folder("seed");
    const program = buildPackage(context)?.program;
    let made = 0;
    for (const size of quick ? QUICK_SIZES : SIZES) {
      log(`list: ${size} sessions`);
      await makeSessions(folder, made, size, { seedFolder });
      made = size;
      const samples = await measure(context, folder, seedFolder, program, size);
      warm.set(size, samples.get(LIST) ?? []);
      goalsAt(context, size, samples);
    }
    const largest = warm.get(made) ?? [];
    const ratio = ratioOf(largest, warm.get(100) ?? []);
    report.atMost(`list of 50 of ${made.toLocaleString("en-US")}, warm ÷ of 100`, ratio.median, 2);
  },
};

async function measure(
  context: BenchContext,
  folder: string,
  seedFolder: string,
  program: string | undefined,
  size: number,
): Promise<Map<string, Blocks>> {
  const { report, quick } = context;
  await using store = new SessionStore(folder);
  // The first listing may have to build the index.
  const begun = performance.now();
  await store.listWithMetadata({ limit: PAGE });
  const first = performance.now() - begun;
  const row = `List, ${size.toLocaleString("en-US")} sessions`;
  report.add({ row, contender: "astrid-sessions, first list ever", unit: "ms", value: spreadOf([first]) });
  if (size === 100_000) report.atMost("first list ever of 100,000 sessions, s", first / 1000, 8);
  const samples = await interleave(
    [
      lane(LIST, () => expectFull(store.listWithMetadata({ limit: PAGE }))),
      lane(RECENT, () => store.mostRecent()),
      lane(
        CHANGED,
        () => expectFull(store.listWithMetadata({ limit: PAGE })),
        () => changeAsAstrid(folder),
      ),
    ],
    quick ? { blocks: 2, rounds: 3 } : { blocks: 7, rounds: 10 },
  );
  await store.close();
  const slow = await interleave(
    [
      lane(SEED_LIST, async () => seed.listWithMetadata(seedFolder).slice(0, PAGE)),
      lane(SEED_RECENT, async () => seed.mostRecent(seedFolder)),
      ...(program === undefined
        ? []
        : [processLane(COLD, [program, "--store", folder, "list", "--limit", "50"])]),
      processLane(BARE, ["-e", "0"]),
      processLane(LOOK, ["-e", LOOK_AT_ALL, folder]),
    ],
    slowPlan(size, quick),
  );
  const all = new Map([...samples, ...slow]);
  for (const [contender, blocks] of all) {
    const isProcess = contender === COLD || contender === BARE || contender === LOOK;
    report.add({
      row: isProcess ? `${row}, cold` : row,
      ...{ contender, unit: "ms", baseline: isProcess ? BARE : LIST, x: size },
      value: spreadOf(blocks.flat()),
      ratio: ratioOf(blocks, all.get(isProcess ? BARE : LIST) ?? []),
    });
  }
  return all;
}

function goalsAt({ report, quick }: BenchContext, size: number, samples: Map<string, Blocks>): void {
  const cold = samples.get(COLD);
  const most = size === 100_000 ? 6 : quick || size === 14_000 ? 4 : undefined;
  if (cold !== undefined && most !== undefined) {
    const { median } = ratioOf(cold, samples.get(BARE) ?? []);
    report.atMost(`astrid-sessions list, new process, ${size} sessions ÷ node -e 0`, median, most);
  }
  if (quick || size === 100_000) {
    const recent = medianOf((samples.get(RECENT) ?? []).flat());
    report.atMost(`most recent of ${size.toLocaleString("en-US")}, in process, ms`, recent, 1);
  }
}

function slowPlan(size: number, quick: boolean): Plan {
  if (quick || size > 50_000) return { blocks: 1, rounds: 1 };
  return size > 10_000 ? { blocks: 3, rounds: 2 } : { blocks: 5, rounds: 5 };
}

function lane(name: string, once: () => Promise<unknown>, ready?: () => unknown): Lane {
  return { name, prepare: async () => ({ once, ...(ready && { ready }) }) };
}

function processLane(name: string, args: readonly string[]): Lane {
  return lane(name, async () => {
    const done = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
  });
}

async function expectFull(page: Promise<readonly unknown[]>): Promise<void> {
  const { length } = await page;
  if (length !== PAGE) throw new Error(`the page holds ${length} sessions`);
}

let changes = 0;

/** Saves a session the way Astrid's runtime does beside us: the whole document, without our keys, renamed into place. */
function changeAsAstrid(folder: string): void {
  const [name = ""] = readdirSync(folder).filter((entry) => entry.endsWith(".json"));
  const path = join(folder, name);
  const document = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const theirs = {
    ...pick(document),
    metadata: { ...(document["metadata"] as object), title: `${changes++}` },
  };
  writeFileSync(`${path}.tmp`, JSON.stringify(theirs, null, 2));
  renameSync(`${path}.tmp`, path);
}

const ASTRIDS_KEYS =
  "id user_id messages system_prompt created_at token_count metadata allowances workspace_path model".split(
    " ",
  );

function pick(document: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(ASTRIDS_KEYS.filter((key) => key in document).map((key) => [key, document[key]]));
}
