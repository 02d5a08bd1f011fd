import { SessionStore } from "../../../src/index.ts";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { Client, type Workplace } from "./client.ts";
import { History, Violation } from "./history.ts";
import { inspect, STORE } from "./inspection.ts";
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
  readonly kills: boolean;
  readonly faults: boolean;
  readonly lyingLocks: boolean;
  /** What every seed is to have, instead of some. */
  readonly onlyFaults: boolean;
  readonly onlyLyingLocks: boolean;
  /** False: every seed acknowledges when a commit survives the process only. */
  readonly durable: boolean;
}

export const PLAN: Plan = {
  seed: 0,
  rounds: 8,
  without: [],
  sessions: 3,
  processes: 2,
  kills: true,
  faults: true,
  lyingLocks: true,
  onlyFaults: false,
  onlyLyingLocks: false,
  durable: true,
};

export interface Outcome {
  readonly cuts: number;
  readonly kills: number;
  readonly faults: number;
  readonly changes: number;
  readonly violation: string | undefined;
}

const CODES = ["EIO", "ENOSPC", "EROFS", "EDQUOT", "EINTR"];

/** Lets random clients work on one disk, cuts the power again and again, and checks what is left each time. */
export async function runSeed(
  plan: Plan,
  wrap: (disk: Disk) => Disk = (disk) => disk,
  log?: (line: string) => void,
): Promise<Outcome> {
  const style = new Random(seedFor(plan.seed, -1));
  // A seed has a character, so that rare troubles do not hide each other.
  const isDurable = !style.chance(0.15) && plan.durable;
  const withFaults = (style.chance(0.35) || plan.onlyFaults) && plan.faults && !plan.onlyLyingLocks;
  const lyingLocks = (style.chance(0.15) || plan.onlyLyingLocks) && plan.lyingLocks && !withFaults;
  const history = new History(plan.sessions);
  let disk = new SimDisk();
  disk.createDirectory("/home");
  disk = disk.copy();
  let [cuts, kills, faults, changes] = [0, 0, 0, 0];
  const outcome = (violation?: string): Outcome => ({ cuts, kills, faults, changes, violation });
  for (let round = 0; round < plan.rounds; round++) {
    if (plan.without.includes(round)) continue;
    const random = new Random(seedFor(plan.seed, round));
    const troubles = troublesOf(random, withFaults, plan.kills, lyingLocks);
    const world = new World(disk, random, troubles, log);
    log?.(`round ${round}`);
    try {
      await live(world, plan, history, { isDurable, mayFail: withFaults, mayRemove: !lyingLocks }, wrap);
      cuts++;
      changes += world.changes;
      kills += [...troubles.killBefore].filter((at) => at < world.changes).length;
      faults += [...troubles.failing.keys()].filter((at) => at < world.changes).length;
      for (const id of history.ids) history.model(id).forgetRunning();
      disk = disk.afterPowerCut(random);
      await inspect(disk, history, random);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return outcome(`round ${round}: ${error.message}`);
    }
  }
  return outcome();
}

/** Runs the processes until the power goes. @throws {Violation} */
async function live(
  world: World,
  plan: Plan,
  history: History,
  manner: Pick<Workplace, "isDurable" | "mayFail" | "mayRemove">,
  wrap: (disk: Disk) => Disk,
): Promise<void> {
  let failure: unknown;
  const processes = new Set<SimProcess>();
  const start = (name: string): void => {
    const process = new SimProcess(world, name);
    processes.add(process);
    const disk = wrap(process);
    const openStore = (): SessionStore =>
      new SessionStore(new FileEngine(STORE, { disk }), {
        closeEngine: true,
        durability: manner.isDurable ? "disk" : "process",
      });
    const { life: owner } = process;
    const { random, log } = world;
    const isOn = (): boolean => !world.isCut;
    const turn = (): Promise<void> => world.turn(owner);
    const work = { name, owner, history, random, ...manner, openStore, log, isOn, turn };
    const place: Workplace = { ...work, store: openStore() };
    for (let clients = 1 + random.below(2); clients > 0; clients--) {
      new Client(place).work().catch((error: unknown) => {
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
        for (const id of history.ids) history.model(id).forgetRunning(one.life);
        start(`${one.life.name}'`);
      }
      return failure !== undefined;
    });
    if (end === "stuck") throw new Violation("everyone waits for ever");
    if (failure !== undefined) throw failure as Error;
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onRejection);
  }
}

function troublesOf(random: Random, withFaults: boolean, withKills: boolean, lyingLocks: boolean): Troubles {
  const cutBefore =
    1 +
    random.below(
      random.weighted([
        [6, 12],
        [3, 60],
        [1, 200],
      ]),
    );
  const killBefore = new Set<number>();
  if (withKills && random.chance(0.4)) {
    for (let kills = 1 + random.below(3); kills > 0; kills--) killBefore.add(1 + random.below(cutBefore));
  }
  const failing = new Map<number, string>();
  if (withFaults && random.chance(0.7)) {
    for (let windows = 1 + random.below(2); windows > 0; windows--) {
      const first = 1 + random.below(cutBefore);
      const length = random.chance(0.6) ? 1 : 1 + random.below(8);
      const code = random.pick(CODES);
      for (let at = first; at < first + length; at++) failing.set(at, code);
    }
  }
  return { cutBefore, killBefore, failing, shortWrites: random.chance(0.3) ? 0.2 : 0, lyingLocks };
}
