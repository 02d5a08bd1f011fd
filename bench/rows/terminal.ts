import { spawnSync } from "node:child_process";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { measureOthers } from "./terminal-others.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import { buildPackage } from "../harness/package.ts";
import { addTimes, BARE } from "../harness/times.ts";
import { hasPty, Pty } from "../harness/pty.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { makeSessions } from "../workload/many-sessions.ts";
import { seededRandom } from "../workload/random.ts";
import { text, wordOfRank } from "../workload/text.ts";

const LARGE = "The large one";
const WORD = wordOfRank(700);

interface Place {
  readonly program: string;
  /** A store of many sessions, and one with a large one. */
  readonly many: string;
  readonly large: string;
  readonly sessions: number;
  readonly megabytes: number;
  /** How many messages the large one has. */
  readonly messages: number;
}

/** The command as a person waits for it: in new processes, beside a bare Node of the same run. */
export const terminal: RowGroup = {
  name: "terminal",
  async run(context) {
    const { scratch, quick, log } = context;
    const built = buildPackage(context);
    if (built === undefined) return;
    const [sessions, megabytes] = quick ? [300, 10] : [20_000, 300];
    log(`terminal: ${sessions} sessions, and one of ${megabytes} MB`);
    const many = scratch.folder("many");
    const large = scratch.folder("large");
    await makeSessions(many, 0, sessions);
    const messages = await makeLarge(large, megabytes * 1e6);
    const place = { program: built.program, many, large, sessions, megabytes, messages };
    // The first search makes the index.
    run(place, "search", WORD);
    await measureCommands(context, place);
    await measureOthers(context, sessions);
    await measureDoctor(context, place);
    if (hasPty()) await measurePicker(context, place);
    else
      context.report.skip(
        "the picker",
        "this machine has no util-linux script, which gives a process a terminal",
      );
  },
};

async function makeLarge(folder: string, bytes: number): Promise<number> {
  await using store = new SessionStore(folder);
  const random = seededRandom(1);
  const session = new AgentSession({ metadata: { title: LARGE } });
  await store.save(session);
  let count = 0;
  for (let left = bytes; left > 0; left -= 500 * 2000) {
    const batch = Array.from({ length: 500 }, () => Message.assistant(text(2000, random)));
    count += batch.length;
    await store.append(session.id, batch);
  }
  await store.checkpoint(session.id);
  return count;
}

function run({ program, many }: Place, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [program, "--store", many, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
}

async function measureCommands({ report, quick }: BenchContext, place: Place): Promise<void> {
  const lane = (name: string, once: () => unknown): Lane => ({
    name,
    prepare: () => Promise.resolve({ once }),
  });
  const samples = await interleave(
    [
      lane(BARE, () => spawnSync(process.execPath, ["-e", "0"])),
      lane("list, its first 50", () => run(place, "list", "--limit", "50")),
      lane("list, all", () => run(place, "list")),
      lane("search", () => run(place, "search", WORD)),
    ],
    quick ? { blocks: 1, rounds: 2 } : { blocks: 3, rounds: 4 },
  );
  addTimes(
    report,
    `Commands on ${place.sessions.toLocaleString("en-US")} sessions, each in a new process`,
    samples,
  );
}

/** The most memory that a check of the large session takes. */
async function measureDoctor({ report }: BenchContext, { program, large, megabytes }: Place): Promise<void> {
  const script = `process.argv = [process.argv[0], ...process.argv.slice(1)];
    process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS * 1024));
    require(process.argv[1]);`;
  const { stderr } = spawnSync(process.execPath, ["-e", script, program, "--store", large, "doctor"], {
    encoding: "utf8",
  });
  const peak = Number(/peak (\d+)/.exec(stderr)?.[1]);
  if (!Number.isFinite(peak)) throw new Error(`doctor: ${stderr}`);
  const row = `Peak memory of a process, with a session of ${megabytes} MB`;
  report.add({ row, contender: "doctor", unit: "MB", value: spreadOf([peak / 1e6]) });
  report.atMost(`peak memory of doctor on a session of ${megabytes} MB, MB`, peak / 1e6, 200);
  await Promise.resolve();
}

async function measurePicker({ report, scratch, quick }: BenchContext, place: Place): Promise<void> {
  const { program, many, large, megabytes, messages } = place;
  const first: number[] = [];
  const bare: number[] = [];
  const key: number[] = [];
  const opened: number[] = [];
  const peaks: Record<string, number[]> = { "the picker": [], "the reader": [] };
  const home = scratch.folder("home");
  const timed = async (times: number[], work: () => Promise<void>): Promise<void> => {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  };
  for (let round = 0; round < (quick ? 1 : 7); round++) {
    const nothing = await shown(bare, home, [process.execPath, "-e", "console.log(`Esc quit`)"]);
    await nothing.end();
    const picker = await shown(first, home, [process.execPath, program, "--store", many]);
    // What is read behind the first screen is read to its end: a key is measured in a picker at rest.
    await new Promise((resolve) => setTimeout(resolve, quick ? 500 : 4000));
    for (const letter of ["9", "8"]) {
      picker.type(letter);
      await timed(key, () => picker.until(/> /));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    peaks["the picker"]?.push(picker.peak / 1e6);
    await picker.end();
    const reader = await shown([], home, [process.execPath, program, "--store", large]);
    reader.type("\u000f");
    await timed(opened, () => reader.until(new RegExp(`#\\d+ of ${messages.toLocaleString("en-US")}`)));
    peaks["the reader"]?.push(reader.peak / 1e6);
    await reader.end();
  }
  const sessions = place.sessions.toLocaleString("en-US");
  const row = `The picker's first screen, ${sessions} sessions, a terminal's own start included`;
  const beside = { unit: "ms", baseline: BARE } as const;
  report.add({ row, contender: BARE, ...beside, value: spreadOf(bare), ratio: spreadOf([1]) });
  const ratio = ratioOf([first], [bare]);
  report.add({ row, contender: "the picker", ...beside, value: spreadOf(first), ratio });
  const waits = "The picker, until the screen answers";
  report.add({ row: waits, contender: `a letter, ${sessions} sessions`, unit: "ms", value: spreadOf(key) });
  const end = `a session of ${megabytes} MB, opened at its end`;
  report.add({ row: waits, contender: end, unit: "ms", value: spreadOf(opened) });
  for (const [contender, values] of Object.entries(peaks))
    report.add({
      row: `Peak memory of a process, with a session of ${megabytes} MB`,
      ...{ contender, unit: "MB" },
      value: spreadOf(values),
    });
  const { median: late } = spreadOf(first);
  report.atMost("the picker's first screen, ms behind a bare Node", late - spreadOf(bare).median, 60);
  report.atMost("a letter in the picker, ms", spreadOf(key).median, 35);
  report.atMost(`${end}, ms`, spreadOf(opened).median, 300);
}

/** Starts a program in a terminal and waits for its first screen. */
async function shown(times: number[], home: string, command: readonly string[]): Promise<Pty> {
  const begun = performance.now();
  const pty = new Pty(home, command);
  await pty.until(/Esc quit/);
  times.push(performance.now() - begun);
  return pty;
}
