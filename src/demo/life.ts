import { spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Told } from "./protocol.ts";

/** When to kill a writer. */
export type Kill =
  /** So long after it was started: in the middle of starting up, recovering, or of its first saves. */
  | { readonly afterStart: number }
  /** So long after its so-manieth acknowledgement: in the middle of a later save. */
  | { readonly afterSaves: number; readonly delay: number };

/** What one writer process did from its start to its end. */
export interface Life {
  /** Messages that it acknowledged, those of earlier lives included; 0 when it did not come to tell. */
  readonly acknowledged: number;
  readonly killed: boolean;
  readonly tornTails: number;
  readonly saveTimes: readonly number[];
  readonly bareTimes: readonly number[];
  readonly bytesWritten: number | undefined;
}

const WRITER = fileURLToPath(new URL(`./writer${extname(import.meta.url)}`, import.meta.url));

/** Starts a writer and waits for its end: of its own, or by SIGKILL. @throws when it ends with an error. */
export async function live(args: readonly string[], kill: Kill | undefined): Promise<Life> {
  const child = spawn(process.execPath, [WRITER, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close") as Promise<[code: number | null, signal: string | null]>;
  const complaints = text(child.stderr);
  const saveTimes: number[] = [];
  const bareTimes: number[] = [];
  let [acknowledged, tornTails] = [0, 0];
  let bytesWritten: number | undefined;
  let done = false;

  const timer =
    kill !== undefined && "afterStart" in kill
      ? setTimeout(() => child.kill("SIGKILL"), kill.afterStart)
      : undefined;
  createInterface(child.stdout).on("line", (line) => {
    const told = parsed(line);
    if (told?.told === "stored") {
      acknowledged = told.messages;
      saveTimes.push(told.milliseconds);
      bytesWritten = told.written ?? bytesWritten;
      if (kill !== undefined && "afterSaves" in kill && saveTimes.length === kill.afterSaves) {
        waitBusily(kill.delay);
        child.kill("SIGKILL");
      }
    } else if (told?.told === "resumed") acknowledged = told.messages;
    else if (told?.told === "bare") bareTimes.push(told.milliseconds);
    else if (told?.told === "report" && told.kind === "torn-tail") tornTails++;
    else if (told?.told === "done") done = true;
  });

  const [code, signal] = await closed;
  clearTimeout(timer);
  // A kill that came too late met a writer that had finished.
  const killed = !done && signal === "SIGKILL";
  if (!done && !killed) throw new Error(`The writer ended with ${signal ?? code}:\n${await complaints}`);
  return { acknowledged, killed, tornTails, saveTimes, bareTimes, bytesWritten };
}

/** What was told; `undefined` for a line that the kill cut short. */
function parsed(line: string): Told | undefined {
  try {
    return JSON.parse(line) as Told;
  } catch {
    return undefined;
  }
}

/** A timer is too coarse to hit the middle of a save. */
function waitBusily(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
