import { FileEngine, SessionStore, type EngineReport, type SessionId } from "../../../src/index.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { allOf, idOf, Violation } from "../simulation/history.ts";
import { openAlone, STORE } from "../simulation/open-alone.ts";
import { Random, seedFor } from "../simulation/random.ts";
import { SimDisk } from "../simulation/sim-disk.ts";
import { SimProcess } from "../simulation/sim-process.ts";
import { NO_CUT, PowerCut, World } from "../simulation/world.ts";
import { Ledger, type Shown } from "./ledger.ts";
import { NeighbourFiles, Window } from "./neighbour-files.ts";
import { ACTORS, Astrid, Editor, type Actor, type Surroundings } from "./neighbours.ts";
import { OwnClient, shownOf, type Desk } from "./own-client.ts";

/** What a run is made of; the seed decides the rest. */
export interface NeighbourPlan {
  readonly seed: number;
  readonly rounds: number;
  readonly without: readonly number[];
  readonly sessions: number;
  readonly processes: number;
  readonly kills: boolean;
  readonly actors: readonly Actor[];
}

export const NEIGHBOUR_PLAN: NeighbourPlan = {
  seed: 0,
  rounds: 6,
  without: [],
  sessions: 2,
  processes: 2,
  kills: true,
  actors: ACTORS,
};

export interface NeighbourOutcome {
  readonly cuts: number;
  readonly changes: number;
  readonly violation: string | undefined;
}

/** Lets our clients and those beside us work on one disk, cuts the power, and looks at what is there. */
export async function runNeighbours(
  plan: NeighbourPlan,
  wrap: (disk: Disk) => Disk = (disk) => disk,
  log?: (line: string) => void,
): Promise<NeighbourOutcome> {
  const style = new Random(seedFor(plan.seed, -2));
  const drawn = ACTORS.filter((one) => style.chance(0.5) && plan.actors.includes(one));
  const actors = new Set(drawn.length === 0 ? plan.actors : drawn);
  if (actors.has("astrid-clears") || actors.has("astrid-removes")) actors.add("astrid");
  if (actors.has("editor-in-place")) actors.add("editor");
  log?.(`seed ${plan.seed}: ${[...actors].join(", ")}`);
  const ledgers = new Map<SessionId, Ledger>();
  for (let index = 0; index < plan.sessions; index++) ledgers.set(idOf(index), new Ledger());
  const written = new Set<string>();
  let number = 0;
  const newNumber = (): number => ++number;
  let disk = new SimDisk();
  disk.createDirectory("/home");
  disk = disk.copy();
  let [cuts, changes] = [0, 0];
  for (let round = 0; round < plan.rounds; round++) {
    if (plan.without.includes(round)) continue;
    const random = new Random(seedFor(plan.seed, round));
    const cutBefore = 10 + random.below(random.chance(0.5) ? 60 : 200);
    const killBefore = new Set(plan.kills && random.chance(0.4) ? [1 + random.below(cutBefore)] : []);
    const world = new World(disk, random, { ...NO_CUT, cutBefore, killBefore }, log);
    log?.(`round ${round}`);
    try {
      await live(world, plan, actors, ledgers, newNumber, written, wrap);
      changes += world.changes;
      // The machine as it stands, nothing lost; then what the power cut leaves.
      await look(world.disk.copy(), ledgers, "as it stands");
      for (const ledger of ledgers.values()) ledger.powerCut();
      disk = disk.afterPowerCut(random);
      cuts++;
      for (const [id, shown] of await look(disk, ledgers, "behind the cut")) {
        const ledger = ledgers.get(id) as Ledger;
        ledger.settle(shown);
        ledger.seen(shown);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { cuts, changes, violation: `round ${round}: ${error.message}` };
    }
  }
  return { cuts, changes, violation: undefined };
}

async function live(
  world: World,
  plan: NeighbourPlan,
  actors: ReadonlySet<Actor>,
  ledgers: ReadonlyMap<SessionId, Ledger>,
  newNumber: () => number,
  written: Set<string>,
  wrap: (disk: Disk) => Disk,
): Promise<void> {
  let failure: unknown;
  const { random, log } = world;
  const window = new Window();
  const processes = new Set<SimProcess>();
  const note = (owner: { readonly alive: boolean }, work: Promise<never>): void => {
    work.catch((error: unknown) => {
      if (!(error instanceof PowerCut) && owner.alive && !world.isCut) failure ??= error;
    });
  };
  const start = (name: string): void => {
    const process = new SimProcess(world, name);
    processes.add(process);
    const disk = window.watch(wrap(process));
    const openStore = (): SessionStore =>
      new SessionStore(new FileEngine(STORE, { disk }), { closeEngine: true });
    const { life: owner } = process;
    const desk: Desk = {
      name,
      owner,
      ledgers,
      random,
      newNumber,
      store: openStore(),
      openStore,
      log,
      turn: () => world.turn(owner),
      isOn: () => !world.isCut,
      mayBeRemoved: actors.has("astrid-removes"),
    };
    note(owner, new OwnClient(desk).work());
  };
  const beside = (name: string): { around: Surroundings; owner: { readonly alive: boolean } } => {
    const process = new SimProcess(world, name);
    const files = new NeighbourFiles(world, process, written);
    const turn = (): Promise<void> => world.turn(process.life);
    return { around: { actors, files, window, ledgers, random, newNumber, log, turn }, owner: process.life };
  };
  const onRejection = (error: unknown): void => {
    if (!(error instanceof PowerCut))
      failure ??= new Violation(`a rejection that nobody handles: ${(error as Error).stack ?? ""}`);
  };
  process.on("unhandledRejection", onRejection);
  try {
    for (let index = 0; index < plan.processes; index++) start("ABC"[index] ?? "?");
    if (actors.has("astrid")) {
      const { around, owner } = beside("Astrid");
      note(owner, new Astrid(around).work());
    }
    if (actors.has("editor")) {
      const { around, owner } = beside("the editor");
      note(owner, new Editor(around).work());
    }
    const end = await world.run(() => {
      for (const one of processes) {
        if (one.life.alive) continue;
        processes.delete(one);
        start(`${one.life.name}'`);
      }
      return failure !== undefined;
    });
    if (end === "stuck") throw new Violation("everyone waits for ever");
    if (failure !== undefined) throw failure as Error;
  } finally {
    world.isCut = true;
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onRejection);
  }
}

/** What is reported of documents that others write. */
const HARMLESS: ReadonlySet<EngineReport["kind"]> = new Set([
  "torn-tail",
  "journal-replaced",
  "foreign-change",
  "foreign-delete",
]);

/** Reads everything, and holds it against what was written. @throws {Violation} */
async function look(
  disk: SimDisk,
  ledgers: ReadonlyMap<SessionId, Ledger>,
  when: string,
): Promise<ReadonlyMap<SessionId, Shown>> {
  const shown = new Map<SessionId, Shown>();
  const { store, reports } = openAlone(disk);
  const page = await store.list({});
  const trashed = await store.trashed();
  for (const [id, ledger] of ledgers) {
    const where = `${id.slice(-2)} ${when}`;
    let [session, source] = [await orViolation(`load of ${where}`, () => store.load(id)), store];
    const entries = trashed.filter((one) => one.id === id);
    if (ledger.isRemoved && session === undefined) {
      if (entries.length !== 1)
        throw new Violation(`${where}: removed by Astrid, ${entries.length} times in the trash`);
      const copy = openAlone(disk.copy());
      if (!(await orViolation(`restore of ${where}`, () => copy.store.restore(id))))
        throw new Violation(`${where} cannot be restored`);
      [session, source] = [await copy.store.load(id), copy.store];
    } else if (entries.length > 0) throw new Violation(`${where} is in the trash, too`);
    const summary = source === store ? page.sessions.find((one) => one.id === id) : await source.summary(id);
    const content = session === undefined ? { title: null, texts: [] } : shownOf(session);
    const now: Shown = { revision: summary?.revision ?? 0, ...content };
    ledger.check(where, now);
    if (summary?.messageCount !== session?.messageCount || (summary?.title ?? null) !== content.title)
      throw new Violation(`${where}: the listing has it otherwise than a load`);
    if (session !== undefined) {
      const history = openAlone(disk.copy()).store;
      if (source !== store) await history.restore(id);
      const commits = await orViolation(`history of ${where}`, () => allOf(history.engine.commits(id, 0)));
      const written = commits
        .flatMap(({ splice }) => splice?.[2] ?? [])
        .map(({ content: text }) => (typeof text === "string" ? text : "?"));
      ledger.checkHistory(written);
      await history.close();
    }
    if (source !== store) await source.close();
    ledger.isDamaged = reports.some(({ kind, sessionId }) => sessionId === id && kind === "damage");
    const bad = reports.find(
      ({ kind, sessionId }) =>
        sessionId === id && !HARMLESS.has(kind) && !(kind === "damage" && ledger.hasUnsynced),
    );
    if (bad !== undefined) throw new Violation(`${where}: ${bad.kind}: ${bad.message}`);
    shown.set(id, now);
  }
  await store.close();
  return shown;
}

async function orViolation<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Violation(`${doing}: ${(error as Error).stack ?? ""}`, { cause: error });
  }
}
