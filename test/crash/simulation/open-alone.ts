import { FileEngine, SessionStore, type EngineReport } from "../../../src/index.ts";
import { Random } from "./random.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SimProcess } from "./sim-process.ts";
import { NO_TROUBLES, World } from "./world.ts";

/** Where stores of the simulation are. */
export const STORE = "/home/sessions";

/** A store on a disk, in a process that is alone, and what it has reported so far. */
export function openAlone(disk: SimDisk): { store: SessionStore; world: World; reports: EngineReport[] } {
  const world = new World(disk, new Random(0), NO_TROUBLES);
  const own = new SimProcess(world, "inspector");
  const store = new SessionStore(new FileEngine(STORE, { disk: own }), { closeEngine: true });
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  return { store, world, reports };
}
