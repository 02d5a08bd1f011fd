import { SessionStore } from "../../../src/index.ts";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { Calls, type Workplace } from "./calls.ts";
import { Client } from "./client.ts";
import { clockInUse } from "./clock.ts";
import { CODES, READ_CODES } from "./error-codes.ts";
import { CHANCES, FEATURES, hasUnsafeLocks, type Feature } from "./features.ts";
import { History, Violation } from "./history.ts";
import { inspect } from "./inspection.ts";
import { STORE } from "./open-alone.ts";
import { Random, seedFor } from "./random.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimProcess } from "./sim-process.ts";
import { PowerCut, World, type Troubles } from "./world.ts";

/** What one run of the simulation is made of; `seed` decides the rest. */
export interface Plan {
  readonly seed: number;
  /** Power cuts, one after the other on what the one before left. */
  readonly rounds: number;
  /** Rounds that are left out, for shrinking. */
  readonly without: readonly number[];
  readonly sessions: number;
  readonly processes: number;
  /** What may happen; a seed has some of it. */
  readonly features: readonly Feature[];
  /** What every seed is to have. */
  readonly always: readonly Feature[];
  /** False: every seed acknowledges when a commit survives the process only. */
  readonly durable: boolean;
}

export const PLAN: Plan = {
  seed: 0,
  rounds: 8,
  without: [],
  sessions: 3,
  processes: 2,
  features: FEATURES,
  always: [],
  durable: true,
};

export interface Outcome {
  readonly cuts: number;
  readonly kills: number;
  readonly faults: number;
  readonly changes: number;
  /** Sessions that may be as they are by more histories than could be looked at. */
  readonly undecided: number;
  readonly violation: string | undefined;
}

/** Lets random clients work on one disk, cuts the power again and again, and checks what is left each time. */
export async function runSeed(
  plan: Plan,
  wrap: (disk: Disk) => Disk = (disk) => disk,
  log?: (line: string) => void,
): Promise<Outcome> {
  const style = new Random(seedFor(plan.seed, -1));
  // A seed has a character, so that rare troubles do not hide each other.
  const isDurable = !style.chance(0.15) && plan.durable;
  const features = featuresOf(style, plan);
  log?.(`seed ${plan.seed}: ${[...features].join(", ")}`);
  const history = new History(plan.sessions);
  let disk = new SimDisk();
  disk.createDirectory("/home");
  disk = disk.copy();
  const counts = { cuts: 0, kills: 0, faults: 0, changes: 0, undecided: 0 };
  for (let round = 0; round < plan.rounds; round++) {
    if (plan.without.includes(round)) continue;
    const random = new Random(seedFor(plan.seed, round));
    const troubles = troublesOf(random, features);
    const world = new World(disk, random, troubles, log);
    log?.(`round ${round}`);
    try {
      await live(world, plan, features, history, isDurable, wrap);
      counts.cuts++;
      counts.changes += world.changes;
      counts.kills += [...troubles.killBefore].filter((at) => at < world.changes).length;
      counts.faults += [...troubles.failing.keys()].filter((at) => at < world.changes).length;
      counts.faults += [...troubles.failingReads.keys()].filter((at) => at <= world.reads).length;
      for (const id of history.ids) history.model(id).forgetRunning();
      disk = disk.afterPowerCut(random, features.has("lost-blocks"));
      counts.undecided += await inspect(disk, history, random, features.has("clocks"));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { ...counts, violation: `round ${round}: ${error.message}` };
    }
  }
  return { ...counts, violation: undefined };
}

function featuresOf(style: Random, { features, always }: Plan): ReadonlySet<Feature> {
  const drawn = FEATURES.filter((one) => style.chance(CHANCES[one]) && features.includes(one));
  const chosen = new Set<Feature>([...drawn, ...always]);
  // One that was asked for stays.
  const drop = (one: Feature): void => {
    if (!always.includes(one)) chosen.delete(one);
  };
  // Where calls fail, one writer's outcome is unknown for long: what locks that lie do is looked at without.
  if (hasUnsafeLocks(chosen)) (["faults", "failing-reads", "failing-unlocks"] as const).forEach(drop);
  return chosen;
}

/** Runs the processes until the power goes, or until they have done what they had begun. @throws {Violation} */
async function live(
  world: World,
  plan: Plan,
  features: ReadonlySet<Feature>,
  history: History,
  isDurable: boolean,
  wrap: (disk: Disk) => Disk,
): Promise<void> {
  let failure: unknown;
  const { random, log } = world;
  const manner = {
    isDurable,
    mayFail: FAILING.some((one) => features.has(one)),
    mayRemove: !hasUnsafeLocks(features),
  };
  const processes = new Set<SimProcess>();
  /** Clients that have not come to an end, by their process. */
  const working = new Map<Client, SimProcess>();
  // In some rounds the clients stop at a time, and close their stores: whatever they called must come to an end.
  const lastChange = random.chance(0.25) ? random.below(60) : Infinity;
  const isOver = (): boolean => world.changes >= lastChange;
  const start = (name: string): void => {
    const process = new SimProcess(world, name);
    processes.add(process);
    const disk = wrap(process);
    const openStore = (): SessionStore =>
      new SessionStore(new FileEngine(STORE, { disk }), {
        closeEngine: true,
        durability: isDurable ? "disk" : "process",
      });
    const { life: owner } = process;
    const isOn = (): boolean => !world.isCut;
    const turn = (): Promise<void> => world.turn(owner);
    const work = { name, owner, history, random, ...manner, openStore, log, isOn, turn };
    const place: Workplace = { ...work, store: openStore() };
    let clients = 1 + random.below(2);
    for (let count = clients; count > 0; count--) {
      const client = new Client(place, features);
      const workAndClose = async (): Promise<void> => {
        await client.work(isOver);
        if (--clients === 0) await new Calls(place).close(place.store);
        working.delete(client);
      };
      working.set(client, process);
      clockInUse.run(owner.clock, workAndClose).catch((error: unknown) => {
        if (!(error instanceof PowerCut) && owner.alive && !world.isCut) failure ??= error;
      });
    }
  };
  const onRejection = (error: unknown): void => {
    if (!(error instanceof PowerCut))
      failure ??= new Violation(`a rejection that nobody handles: ${(error as Error).stack ?? ""}`);
  };
  process.on("unhandledRejection", onRejection);
  try {
    for (let index = 0; index < plan.processes; index++) start("ABC"[index] ?? "?");
    const end = await world.run(() => {
      for (const one of processes) {
        if (one.life.alive) continue;
        processes.delete(one);
        for (const [client, its] of working) if (its === one) working.delete(client);
        for (const id of history.ids) history.model(id).forgetRunning(one.life);
        history.leases.died(one.life, history.now());
        start(`${one.life.name}'`);
      }
      return failure !== undefined || working.size === 0;
    });
    if (end === "stuck") throw new Violation("everyone waits for ever");
    if (failure !== undefined) throw failure as Error;
  } finally {
    world.isCut = true;
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onRejection);
  }
}

const FAILING = ["faults", "failing-reads", "failing-unlocks"] as const;

function troublesOf(random: Random, features: ReadonlySet<Feature>): Troubles {
  const has = (feature: Feature): boolean => features.has(feature);
  const cutBefore =
    1 +
    random.below(
      random.weighted([
        // To rewrite a session takes dozens of changes.
        [has("rewrites") ? 1 : 6, 12],
        [3, 60],
        [has("rewrites") ? 3 : 1, 200],
      ]),
    );
  const killBefore = new Set<number>();
  if (has("kills") && random.chance(0.4)) {
    for (let kills = 1 + random.below(3); kills > 0; kills--) killBefore.add(1 + random.below(cutBefore));
  }
  const windows = (codes: readonly string[], within: number): Map<number, string> => {
    const failing = new Map<number, string>();
    for (let count = 1 + random.below(2); count > 0; count--) {
      const first = 1 + random.below(within);
      const length = random.chance(0.6) ? 1 : 1 + random.below(8);
      const code = random.pick(codes);
      for (let at = first; at < first + length; at++) failing.set(at, code);
    }
    return failing;
  };
  return {
    cutBefore,
    killBefore,
    failing: has("faults") && random.chance(0.7) ? windows(CODES, cutBefore) : new Map(),
    shortWrites: random.chance(0.3) ? 0.2 : 0,
    lyingLocks: has("lying-locks"),
    failingReads: has("failing-reads") && random.chance(0.7) ? windows(READ_CODES, cutBefore * 6) : new Map(),
    failingUnlocks: has("failing-unlocks") ? 0.1 : 0,
    removedLocks: has("removed-locks") ? 0.1 : 0,
    clockSteps: has("clocks") ? 0.05 : 0,
  };
}
