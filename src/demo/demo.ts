// The main job, before your eyes: conversations go through the store message by message while their writer is killed
// again and again, and nothing that was acknowledged is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { filesUnder } from "../importers/read/files.ts";
import { SessionStore } from "../index.ts";
import { demoTranscript, TITLE } from "./conversation.ts";
import type { Life } from "./life.ts";
import { seededRandom } from "./random.ts";
import { prepare, replayWithKills, type Replay, type Replayed } from "./replay.ts";
import { summaryLines } from "./summary.ts";

const USAGE = `Usage: npm start [-- [options] <transcript>…]

Replays transcripts (Claude Code's, or any JSON lines; files or directories) into a fresh store, one durable save per
message, while the writer is killed at random. Without a transcript it has a conversation of its own.

Options:
  --kills <count>  kill so often (default: 10; 240 from 2,000 messages on)
  --seed <number>  repeats the same choices (default: 1)
  --dir <dir>      where to put the store (default: the system's temporary directory)
  --keep           keep the store`;

/** So many lives are told one by one. */
const TOLD = 20;
const MANY_MESSAGES = 2000;

/** Does it all; false when something that was acknowledged was lost. */
export async function demo(): Promise<boolean> {
  const { values, positionals } = options();
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const started = performance.now();
  const seed = count(values.seed, "--seed");
  const directory = mkdtempSync(join(values.dir, "astrid-sessions-demo-"));
  try {
    const replays = await transcripts(positionals, directory);
    const total = replays.reduce((sum, replay) => sum + replay.messageCount, 0);
    if (total === 0) throw new Error("There is no message in what was given.");
    const kills =
      values.kills === undefined ? (total < MANY_MESSAGES ? 10 : 240) : count(values.kills, "--kills");
    console.log(
      `Replaying ${total} messages of ${replays.length} transcript${replays.length === 1 ? "" : "s"}; killing the writer ${kills} times.`,
    );
    const storeDirectory = join(directory, "sessions");
    const replayed = await replayAll(replays, directory, kills, seededRandom(seed));
    await command("list", "--store", storeDirectory);
    await command("show", "latest", "--last", "9", "--store", storeDirectory);
    console.log("\nWhat happened:");
    for (const line of summaryLines(replayed, storeDirectory, (performance.now() - started) / 1000))
      console.log(line);
    return replayed.every(({ losses }) => losses.length === 0);
  } finally {
    if (!values.keep) rmSync(directory, { recursive: true, force: true });
    console.log(`\n${nextStep(values.keep ? join(directory, "sessions") : undefined)}`);
  }
}

function nextStep(kept: string | undefined): string {
  const program = "npx node bin/astrid-sessions.js";
  const store =
    kept === undefined
      ? "The store is gone (npm start -- --keep keeps it)."
      : `The store is kept: ${program} --store ${kept}`;
  return `${store}\nNext, what your own agents recorded on this machine; it shows first, and asks:\n\n  ${program} sync`;
}

async function replayAll(
  replays: readonly Replay[],
  directory: string,
  kills: number,
  random: () => number,
): Promise<Replayed[]> {
  await using store = new SessionStore(join(directory, "sessions"));
  const replayed: Replayed[] = [];
  let messagesLeft = replays.reduce((sum, replay) => sum + replay.messageCount, 0);
  let killsLeft = kills;
  for (const replay of replays) {
    const share = Math.ceil((killsLeft * replay.messageCount) / messagesLeft);
    const tell = kills <= TOLD ? teller(replay) : undefined;
    const result = await replayWithKills(replay, directory, store, share, random, tell);
    const killed = result.lives.filter((life) => life.killed).length;
    replayed.push(result);
    messagesLeft -= replay.messageCount;
    killsLeft = Math.max(0, killsLeft - killed);
    console.log(
      `  ${replay.messageCount} messages, ${killed} kills, ${result.losses.length} lost  ${replay.path}`,
    );
  }
  return replayed;
}

/** Says what becomes of each writer, when it happens. */
function teller({ messageCount }: Replay): (life: Life, stored: number) => void {
  const width = String(messageCount).length;
  let before = 0;
  return ({ killed }, stored) => {
    const saved = `${String(stored).padStart(width)} of ${messageCount} messages stored`;
    const more = `(+${stored - before})`.padEnd(width + 3);
    before = stored;
    console.log(`  ${saved} ${more}  ${killed ? "✗ the writer is killed; another goes on" : "✓ the end"}`);
  };
}

/** What to replay, the shortest first: the last has room for the kills that the others left. */
async function transcripts(paths: readonly string[], directory: string): Promise<Replay[]> {
  if (paths.length === 0) {
    const path = join(directory, "conversation.jsonl");
    writeFileSync(path, demoTranscript());
    return [await prepare(path, TITLE)];
  }
  const replays: Replay[] = [];
  for await (const file of filesUnder(paths)) {
    if ("error" in file) throw file.error;
    const replay = await prepare(file.path);
    if (replay.messageCount > 0) replays.push(replay);
  }
  return replays.sort((a, b) => a.messageCount - b.messageCount);
}

/** Runs the command line on the store, as a user would. */
async function command(...args: readonly string[]): Promise<void> {
  console.log(`\n$ astrid-sessions ${args.join(" ")}`);
  const cli = fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url));
  await once(spawn(process.execPath, [cli, ...args], { stdio: "inherit" }), "close");
}

function options() {
  return parseArgs({
    allowPositionals: true,
    options: {
      kills: { type: "string" },
      seed: { type: "string", default: "1" },
      dir: { type: "string", default: tmpdir() },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new Error(`${option} takes a whole number, not ${JSON.stringify(text)}.`);
}
