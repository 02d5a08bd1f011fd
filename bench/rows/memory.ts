import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { buildPackage } from "../harness/package.ts";
import type { RowGroup } from "../harness/row-group.ts";
import { spreadOf } from "../harness/statistics.ts";
import { seededRandom } from "../workload/random.ts";
import { text } from "../workload/text.ts";

const TASK = join(import.meta.dirname, "memory-task.mjs");
const MESSAGE = 16_000;
const BATCH = 500;
/** Megabytes. */
const MOST = 300;

const IDLE = "an idle process with the package loaded";
const TASKS = [
  ["tail", "the last 20 messages"],
  ["append", "append of one message"],
  ["list", "listing the store"],
  ["messages", "all messages, streamed"],
  ["checkpoint", "checkpoint"],
] as const;

interface TaskResult {
  readonly milliseconds: number;
  readonly peak: number;
}

/** The largest session of the field: reading its end, and the most memory that anything with it takes. */
export const memory: RowGroup = {
  name: "memory",
  async run(context) {
    const { quick, log, report, scratch } = context;
    const built = buildPackage(context);
    if (built === undefined) return;
    const size = quick ? 50e6 : 1.8e9;
    log(`memory: generating a session of ${size / 1e6} MB`);
    const folder = scratch.folder("huge");
    const id = await generate(folder, size);
    const idle = runTask(built.entry, "nothing", folder, id);
    const peaks = new Map([[IDLE, idle.peak]]);
    const row = `A session of ${size / 1e9} GB, each in a new process`;
    for (const [name, contender] of TASKS) {
      log(`memory: ${contender}`);
      const { milliseconds, peak } = runTask(built.entry, name, folder, id);
      peaks.set(contender, peak);
      report.add({ row: `${row}: time`, contender, unit: "ms", value: spreadOf([milliseconds]) });
    }
    for (const [contender, peak] of peaks) {
      report.add({
        row: `${row}: peak memory`,
        ...{ contender, unit: "MB", baseline: IDLE },
        value: spreadOf([peak / 1e6]),
        ratio: spreadOf([peak / idle.peak]),
      });
    }
    report.atMost(
      `peak memory with a session of ${size / 1e9} GB, MB`,
      Math.max(...peaks.values()) / 1e6,
      MOST,
    );
  },
};

/** As a crash leaves it behind: nearly all of it in the journal only. */
async function generate(folder: string, size: number): Promise<string> {
  const random = seededRandom(18);
  const bodies = Array.from({ length: 64 }, () => text(MESSAGE, random));
  const session = new AgentSession({ messages: [Message.user("begin")] });
  const store = new SessionStore(folder, { durability: "process" });
  await store.save(session);
  for (let count = 0; count * MESSAGE < size; count += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, at) =>
      Message.assistant(`${count + at} ${bodies[at % bodies.length] ?? ""}`),
    );
    await store.append(session.id, batch);
  }
  await store.close();
  return session.id;
}

function runTask(entry: string, name: string, folder: string, id: string): TaskResult {
  const done = spawnSync(process.execPath, [TASK, entry, name, folder, id], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
  return JSON.parse(done.stdout) as TaskResult;
}
