import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { interleave, type Lane } from "../harness/interleave.ts";
import { importPeer } from "../harness/peer.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { ratioOf, spreadOf, type Blocks } from "../harness/statistics.ts";

interface NativeLocks {
  tryLock(descriptor: number): boolean;
  unlock(descriptor: number): void;
}

/** Locks taken and freed in one sample, so that the clock does not matter. */
const PER_SAMPLE = 100;

const SQLITE = "node:sqlite, BEGIN IMMEDIATE and ROLLBACK on an empty database";
const NATIVE = "fs-native-extensions, OFD lock and unlock";

/** A kernel lock by way of SQLite, or by a native package: what taking and freeing one costs. */
export const lock: RowGroup = {
  name: "lock",
  async run(context) {
    const { report, quick } = context;
    const lanes = [sqliteLane(context)];
    try {
      lanes.push(await nativeLane(context));
    } catch (error) {
      report.skip(NATIVE, error);
    }
    const samples = await interleave(lanes, quick ? { blocks: 3, rounds: 10 } : { blocks: 15, rounds: 60 });
    const perLock = (name: string): Blocks =>
      (samples.get(name) ?? []).map((block) => block.map((time) => (time * 1000) / PER_SAMPLE));
    const baseline = lanes.length > 1 ? NATIVE : SQLITE;
    for (const { name } of lanes) {
      report.add({
        row: "Lock and unlock of one file",
        ...{ contender: name, unit: "µs", baseline },
        value: spreadOf(perLock(name).flat()),
        ratio: ratioOf(perLock(name), perLock(baseline)),
      });
    }
  },
};

function sqliteLane({ scratch }: BenchContext): Lane {
  const folder = scratch.folder("sqlite-lock");
  return {
    name: SQLITE,
    async prepare() {
      const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
      const database = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
      database.exec("PRAGMA journal_mode = MEMORY");
      const begin = database.prepare("BEGIN IMMEDIATE");
      const rollback = database.prepare("ROLLBACK");
      return {
        once: () => {
          for (let count = 0; count < PER_SAMPLE; count++) {
            begin.run();
            rollback.run();
          }
        },
        end: () => database.close(),
      };
    },
  };
}

async function nativeLane({ scratch }: BenchContext): Promise<Lane> {
  const { default: locks } = (await importPeer("fs-native-extensions")) as { default: NativeLocks };
  const path = join(scratch.folder("native-lock"), "lock");
  return {
    name: NATIVE,
    async prepare() {
      const descriptor = openSync(path, "a+");
      return {
        once: () => {
          for (let count = 0; count < PER_SAMPLE; count++) {
            if (!locks.tryLock(descriptor)) throw new Error("the lock is taken");
            locks.unlock(descriptor);
          }
        },
        end: () => closeSync(descriptor),
      };
    },
  };
}
