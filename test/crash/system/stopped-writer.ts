import { rmSync } from "node:fs";
import { join } from "node:path";
import { FileEngine, LockedError, Message, SessionStore } from "../../../src/index.ts";
import type { Step } from "../../../src/engine/file/disk/disk.ts";
import { ScriptProcess } from "./script-process.ts";
import { Tally, type SuiteResult } from "./suite-result.ts";
import type { Violation } from "./check-store.ts";
import { planOf, textOf } from "./plan.ts";

/** The writer is stopped before these steps, with the lock in its hand; at which operation that is. */
const MOMENTS: readonly { readonly step: Step; readonly count: number; readonly operation: number }[] = [
  { step: "journal.append", count: 1, operation: 1 },
  { step: "journal.sync", count: 1, operation: 1 },
  { step: "journal.append", count: 2, operation: 4 },
  { step: "journal.sync", count: 2, operation: 4 },
  { step: "checkpoint.rename", count: 1, operation: 2 },
  { step: "tombstone.append", count: 1, operation: 6 },
  { step: "tombstone.sync", count: 1, operation: 6 },
];
/** Much shorter than the writer is stopped. */
const PATIENCE = 150;

/** A writer that is stopped for longer than anyone waits, and woken. */
export async function stopWriters(directory: string): Promise<SuiteResult[]> {
  const withLock = new Tally("stopped writer");
  const lockGone = new Tally("stopped writer, its lock file removed");
  for (const moment of MOMENTS) {
    for (const [tally, isLockRemoved] of [
      [withLock, false],
      [lockGone, true],
    ] as const) {
      // A directory of its own: which file is behind a lock's path is looked at once a second only.
      const store = join(directory, `${moment.step}-${moment.count}-${isLockRemoved}`);
      const violations = await stopOne(store, moment, isLockRemoved);
      tally.add(`${moment.step} ${moment.count}`, violations);
      rmSync(store, { recursive: true });
    }
  }
  return [withLock.result(), lockGone.result()];
}

async function stopOne(
  directory: string,
  { step, count, operation }: (typeof MOMENTS)[number],
  isLockRemoved: boolean,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  const broken = (detail: string): void => void violations.push({ kind: "lost", detail });
  const until = Math.min(operation + 1, planOf(1).length);
  const script = new ScriptProcess([
    "--store",
    directory,
    "--stop-at",
    `${step}:${count}`,
    "--until",
    `${until}`,
  ]);
  if ((await script.line(/^stopping/)) === undefined)
    throw new Error(`${step} was not reached: ${script.errors}`);
  const id = planOf(1)[step.startsWith("checkpoint") ? 0 : operation]?.id ?? "";
  if (isLockRemoved) rmSync(join(directory, "locks"), { recursive: true });

  const impatient = new SessionStore(new FileEngine(directory, { lockPatience: PATIENCE }), {
    closeEngine: true,
  });
  const patient = new SessionStore(new FileEngine(directory, { lockPatience: 30_000 }), {
    closeEngine: true,
  });
  await impatient.load(id);
  const acknowledged: string[] = [];
  const append = async (store: SessionStore, text: string): Promise<unknown> => {
    try {
      await store.append(id, [Message.user(text)]);
      acknowledged.push(text);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const first = await append(impatient, "impatient");
  if (!isLockRemoved && !(first instanceof LockedError))
    broken(`got past the lock of a stopped writer: ${String(first)}`);
  if (isLockRemoved && first instanceof LockedError) broken("the removed lock still holds");
  const waiting = append(patient, "patient");
  await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  script.wake();
  await Promise.all([script.ended(), waiting]);

  await checkAfter(directory, id, script, acknowledged, broken);
  await Promise.all([impatient.close(), patient.close()]);
  return violations;
}

/** Whatever anyone was told to be stored is there once, unless the session is removed as someone was told, too. */
async function checkAfter(
  directory: string,
  id: string,
  script: ScriptProcess,
  others: readonly string[],
  broken: (detail: string) => void,
): Promise<void> {
  await using store = new SessionStore(directory);
  const done = planOf(1).slice(0, script.acknowledged());
  const own = done.filter((one) => one.id === id);
  const session = await store.load(id);
  if (own.some(({ kind }) => kind === "trash" || kind === "delete")) {
    if (session !== undefined) broken("a removed session is there again");
    return;
  }
  const texts = session?.messages.map(({ content }) => textOf(content)) ?? [];
  for (const text of [...own.flatMap((one) => one.texts), ...others]) {
    const found = texts.filter((one) => one === text).length;
    if (found !== 1)
      broken(
        `${JSON.stringify(text)} is there ${found} times; the writer said ${script.lines.slice(-2).join(", ")}`,
      );
  }
  const summary = (await store.listWithMetadata()).find((one) => one.id === id);
  if (summary?.messageCount !== texts.length) broken("the listing does not show what loads");
  if ((await store.verify(id)).state !== "ok")
    broken(`the session is not in order: ${(await store.verify(id)).findings.join(" ")}`);
}
