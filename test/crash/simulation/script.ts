import nodeProcess from "node:process";
import { SessionStore, type SessionId } from "../../../src/index.ts";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import type { Disk, Step } from "../../../src/engine/file/disk/disk.ts";
import { Calls, type Workplace } from "./calls.ts";
import { Client, type Action } from "./client.ts";
import { History, Violation } from "./history.ts";
import { inspect } from "./inspection.ts";
import { STORE } from "./open-alone.ts";
import { Random } from "./random.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimProcess } from "./sim-process.ts";
import { NO_CUT, PowerCut, World, type Troubles } from "./world.ts";

/** What one process does, one thing after the other: the action, and on which session. */
export type Script = readonly (readonly [action: Action, session: number])[];

/** Everything that changes files, once: what the exhaustive runs go through. */
export const WHOLE_LIFE: Script = [
  ["create", 0],
  ["save", 0],
  ["append", 0],
  ["checkpoint", 0],
  ["save", 0],
  ["create", 1],
  ["trash", 0],
  ["restore", 0],
  ["append", 0],
  ["reopen", 0],
  ["save", 0],
  ["checkpoint", 0],
  ["redact", 0],
  ["append", 0],
  ["vacuum", 0],
  ["append", 0],
  ["pack", 0],
  ["append", 0],
  ["pack", 0],
  ["checkpoint", 0],
  ["delete", 1],
  ["create", 1],
  ["append", 1],
  ["pack", 1],
  ["delete", 0],
];

/**
 * Runs the script in one process with the given troubles, then a second script in another one (where the first was
 * killed or had its troubles), then cuts the power, right behind the last answer, and looks at what is left.
 * @returns the steps of the first process, and how many calls it made that change nothing.
 * @throws {Violation}
 */
export async function runScript(
  first: Script,
  second: Script,
  seed: number,
  troubles: Partial<Troubles> = {},
  wrap: (disk: Disk) => Disk = (disk) => disk,
): Promise<{ readonly steps: readonly Step[]; readonly reads: number }> {
  const random = new Random(seed);
  const history = new History(2);
  const begin = new SimDisk();
  begin.createDirectory("/home");
  const world = new World(begin.copy(), random, { ...NO_CUT, ...troubles });
  const mayFail = FAILURES.some((one) => troubles[one] !== undefined);
  const steps = await perform(world, history, first, "A", mayFail, true, wrap);
  const { reads } = world;
  if (!world.isCut) await perform(world, history, second, "B", mayFail, false, wrap);
  for (const id of history.ids) history.model(id).forgetRunning();
  await inspect(world.disk.afterPowerCut(random), history, random);
  return { steps, reads };
}

const FAILURES = ["failing", "failingReads", "failingUnlocks"] as const;

async function perform(
  world: World,
  history: History,
  script: Script,
  name: string,
  mayFail: boolean,
  closes: boolean,
  wrap: (disk: Disk) => Disk,
): Promise<readonly Step[]> {
  const { random } = world;
  const process = new SimProcess(world, name);
  const disk = wrap(process);
  const openStore = (): SessionStore =>
    new SessionStore(new FileEngine(STORE, { disk }), { closeEngine: true });
  const { life: owner } = process;
  const place: Workplace = {
    name,
    owner,
    history,
    random,
    isDurable: true,
    mayFail,
    mayRemove: true,
    store: openStore(),
    openStore,
    log: world.log,
    turn: () => world.turn(owner),
    isOn: () => !world.isCut,
  };
  const client = new Client(place);
  let state: "running" | "done" | { failure: unknown } = "running";
  const work = async (): Promise<void> => {
    for (const [action, session] of script) await client.perform(action, history.ids[session] as SessionId);
    if (closes) await new Calls(place).close(place.store);
  };
  const before = world.steps.length;
  const onRejection = (error: unknown): void => {
    if (owner.alive && !(error instanceof PowerCut)) state = { failure: unhandled(error) };
  };
  nodeProcess.on("unhandledRejection", onRejection);
  work().then(
    () => (state = typeof state === "object" ? state : "done"),
    (failure: unknown) => (state = typeof state === "object" ? state : { failure }),
  );
  const end = await world.run(() => state !== "running" || !owner.alive);
  nodeProcess.off("unhandledRejection", onRejection);
  if (end === "stuck") throw new Violation("the process waits for ever");
  for (const id of history.ids) history.model(id).forgetRunning(owner);
  const after = state as "running" | "done" | { failure: unknown };
  if (typeof after === "object" && owner.alive && !world.isCut && !(after.failure instanceof PowerCut)) {
    throw after.failure as Error;
  }
  return world.steps.slice(before);
}

function unhandled(error: unknown): Violation {
  return new Violation(`a rejection that nobody handles: ${(error as Error).stack ?? ""}`);
}
