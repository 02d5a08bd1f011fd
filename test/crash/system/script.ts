// The process under test: carries out a plan through the public API and acknowledges each operation on its standard
// output as soon as it has resolved. An operation that fails is looked at and tried again.
import { readdirSync, readFileSync, readSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { AgentSession, FileEngine, Message, SessionStore, SessionStoreError } from "../../../src/index.ts";
import { InterferedDisk } from "./interfered-disk.ts";
import { endOfBatch, planOf, stateAfter, textOf, type Content, type Operation } from "./plan.ts";

const { values: options } = parseArgs({
  options: {
    store: { type: "string", default: "" },
    rounds: { type: "string", default: "1" },
    size: { type: "string", default: "0" },
    /** So many appends at once, at the end of each round. */
    burst: { type: "string", default: "0" },
    /** Stop (SIGSTOP) before this sync of the journal within bursts. */
    "stop-in-burst": { type: "string" },
    /** The operations from here … */
    from: { type: "string", default: "0" },
    /** … to here, this one excluded. */
    until: { type: "string" },
    /** Steps to leave out, separated by commas. */
    without: { type: "string", default: "" },
    /** `step:n`: at the n-th such step the process stops (SIGSTOP), or with `--die` is killed. */
    "stop-at": { type: "string" },
    die: { type: "boolean", default: false },
    /** Acknowledge an operation before it is carried out: a control. */
    early: { type: "boolean", default: false },
    /** Sync a file again when that has failed, and believe it: a control. */
    "sync-again": { type: "boolean", default: false },
    /** Wait for a line on standard input before the first operation, … */
    wait: { type: "boolean", default: false },
    /** … and after each failure. */
    "wait-on-failure": { type: "boolean", default: false },
  },
});

/** A fault that is still there after so many tries is not going to go. */
const MOST_TRIES = 12;

const plan = planOf(Number(options.rounds), Number(options.size), Number(options.burst));
const [stopStep, stopNumber = "1"] = options["stop-at"]?.split(":") ?? [];
let isBursting = false;
let syncsToStop = Number(options["stop-in-burst"] ?? Infinity);
let stepsToStop = Number(stopNumber);

const disk = new InterferedDisk({
  leftOut: new Set(options.without.split(",")),
  syncsAgain: options["sync-again"],
  before: (step) => {
    if (isBursting && step === "journal.sync" && --syncsToStop === 0) {
      tell(`stopping ${step}`);
      process.kill(process.pid, "SIGSTOP");
    }
    if (step !== stopStep || --stepsToStop !== 0) return;
    tell(`stopping ${step}`);
    process.kill(process.pid, options.die ? "SIGKILL" : "SIGSTOP");
  },
});
const isPlain =
  options.without === "" &&
  options["stop-at"] === undefined &&
  options["stop-in-burst"] === undefined &&
  !options["sync-again"];
const store = new SessionStore(isPlain ? options.store : new FileEngine(options.store, { disk }), {
  closeEngine: true,
});
const sessions = new Map<string, AgentSession>();

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

// Files that are written aside or moved are called the same in every run.
let failures = 0;
Math.random = () => (0.5 + failures * 0.0618) % 1;
let now = Date.UTC(2026, 0);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args: [] | [number | string]) {
    super(args[0] ?? now);
  }

  static override now(): number {
    return now;
  }
} as DateConstructor;

function waitForLine(): void {
  const byte = Buffer.alloc(1);
  while (readSync(0, byte, 0, 1, null) === 1 && byte.toString() !== "\n");
}

/** The one thread of libuv's pool: where asynchronous calls are made. */
async function poolThread(): Promise<string> {
  await stat("/");
  const names = readdirSync("/proc/self/task");
  const isWorker = (name: string): boolean =>
    readFileSync(`/proc/self/task/${name}/comm`, "latin1").startsWith("libuv-worker");
  return names.find(isWorker) ?? "none";
}

async function carryOut({ kind, id, texts }: Operation): Promise<void> {
  const messages = texts.map((text) => Message.user(text));
  switch (kind) {
    case "create":
    case "save":
    case "rewrite": {
      const session = sessions.get(id) ?? (await store.load(id)) ?? new AgentSession({ id });
      const changed = sessions.has(id) && pending.has(id);
      sessions.set(id, session);
      if (!changed) {
        if (kind === "rewrite") session.replaceMessages(messages);
        else for (const message of messages) session.addMessage(message);
      }
      pending.add(id);
      await store.save(session);
      pending.delete(id);
      return;
    }
    case "append":
      await store.append(id, messages);
      sessions.delete(id);
      return;
    case "checkpoint":
      await store.checkpoint(id);
      return;
    case "delete":
    case "trash":
      await store.delete(id, { trash: kind === "trash" });
      sessions.delete(id);
      return;
    case "restore":
      await store.restore(id);
      return;
    default:
      throw new Error(`no such operation: ${kind satisfies never as string}`);
  }
}

/** Sessions whose object has a change that is not saved yet. */
const pending = new Set<string>();

/** What the store says that a session is now. */
async function contentOf(id: string): Promise<Content | undefined> {
  const session = await store.load(id);
  if (session === undefined) return undefined;
  const summary = await store.summary(id);
  return {
    revision: summary?.revision ?? -1,
    texts: session.messages.map(({ content }) => textOf(content)),
  };
}

/** Whether an operation that failed has happened all the same; `broken` when neither is true. */
async function hasHappened(index: number): Promise<boolean | "broken"> {
  const operation = plan[index];
  if (operation === undefined || operation.kind === "checkpoint") return false;
  const { id } = operation;
  const found = JSON.stringify(await contentOf(id));
  if (found === JSON.stringify(stateAfter(plan, index).live.get(id))) return false;
  return found === JSON.stringify(stateAfter(plan, index + 1).live.get(id)) || "broken";
}

async function attempt(index: number): Promise<void> {
  const operation = plan[index];
  if (operation === undefined) return;
  now += 1000;
  for (let tries = 1; ; tries++) {
    try {
      await carryOut(operation);
      return;
    } catch (error) {
      const isTyped = error instanceof SessionStoreError;
      const outcome = (error as { outcome?: string }).outcome ?? "none";
      tell(
        `failed ${index} ${isTyped ? error.code : `UNTYPED:${String(error)}`} ${outcome} ${operation.kind}`,
      );
      failures++;
      if (tries >= MOST_TRIES) throw error;
      if (options["wait-on-failure"]) waitForLine();
      if (!(await lookAt(index, outcome))) continue;
      // As docs/errors.md says: when the outcome was unknown, the session is loaded again.
      sessions.delete(operation.id);
      pending.delete(operation.id);
      return;
    }
  }
}

/** Carries out several operations at once; each is acknowledged when it and those before it have resolved. */
async function burst(from: number, end: number): Promise<void> {
  const done = new Set<number>();
  let acknowledged = from;
  isBursting = true;
  await Promise.all(
    plan.slice(from, end).map(async (operation, index) => {
      await carryOut(operation);
      done.add(from + index);
      while (done.has(acknowledged)) tell(`ack ${++acknowledged}`);
    }),
  );
  isBursting = false;
}

/** @returns whether the operation has happened though it failed. */
async function lookAt(index: number, outcome: string): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      const happened = await hasHappened(index);
      if (happened === "broken") tell(`broken ${index} is neither before nor behind its operation`);
      if (happened === true && outcome === "not-stored")
        tell(`broken ${index} is stored, and said not to be`);
      return happened === true;
    } catch (error) {
      tell(`unread ${index} ${error instanceof SessionStoreError ? error.code : `UNTYPED:${String(error)}`}`);
      if (tries >= MOST_TRIES) throw error;
    }
  }
}

if (options.wait) {
  tell(`ready ${process.pid} ${await poolThread()}`);
  waitForLine();
}
let first = Number(options.from);
// The one operation that was under way when another process died.
if (first > 0 && first < plan.length && (await lookAt(first, "unknown"))) tell(`ack ${++first}`);
for (let index = first; index < Number(options.until ?? plan.length); index++) {
  const end = endOfBatch(plan, index);
  if (end > index + 1) {
    await burst(index, end);
    index = end - 1;
    continue;
  }
  if (options.early) tell(`ack ${index + 1}`);
  await attempt(index);
  if (!options.early) tell(`ack ${index + 1}`);
}
await store.close();
tell("done");
