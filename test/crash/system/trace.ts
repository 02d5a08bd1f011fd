// Reads what strace wrote (`-ff -ttt -T -y -xx`): the calls of all threads, in order.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Call {
  readonly thread: string;
  readonly name: string;
  readonly args: readonly string[];
  /** Negative for a call that failed. */
  readonly result: number;
  readonly begun: number;
  readonly ended: number;
}

const CHANGING_CALLS = [
  ...["openat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fsync", "fdatasync"],
  ...["rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir"],
];

/** What to run a command with so that `readTrace(prefix)` finds its calls. */
export function tracing(prefix: string): string[] {
  const options = ["-ff", "-qq", "-ttt", "-T", "-y", "-xx", "-s", "10000000"];
  return ["strace", ...options, "-e", `trace=${CHANGING_CALLS.join(",")}`, "-o", prefix];
}

const LINE = /^(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+|\?)(.*)$/;

function filesOf(prefix: string): string[] {
  return readdirSync(dirname(prefix))
    .filter((name) => name.startsWith(`${basename(prefix)}.`))
    .map((name) => join(dirname(prefix), name));
}

export function removeTrace(prefix: string): void {
  for (const path of filesOf(prefix)) rmSync(path);
}

export function readTrace(prefix: string): Call[] {
  const calls: Call[] = [];
  for (const path of filesOf(prefix)) {
    const thread = path.slice(prefix.length + 1);
    for (const line of readFileSync(path, "latin1").split("\n")) {
      const [, time, call, args, result, rest] = LINE.exec(line) ?? [];
      if (time === undefined || call === undefined || args === undefined || rest === undefined) continue;
      const begun = Number(time);
      const took = Number(/<(\d+\.\d+)>$/.exec(rest)?.[1] ?? "0");
      // What an open returned names the file as well: `= 3<path>`.
      const opened = /^<((?:\\x[0-9a-f]{2}|[^\\>])*)>/.exec(rest)?.[1];
      const all = [...args.split(", "), ...(opened === undefined ? [] : [`<${opened}>`])];
      calls.push({ thread, name: call, args: all, result: Number(result), begun, ended: begun + took });
    }
  }
  return calls.sort((left, right) => left.begun - right.begun);
}

/** A string argument, in quotes and hexadecimal. */
export function bytesOf(argument: string | undefined): Buffer {
  const text = /^"(.*)"$/.exec(argument ?? "")?.[1];
  if (text === undefined) throw new Error(`not a whole string: ${(argument ?? "").slice(0, 100)}`);
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

/** The path that is behind a descriptor: `3<path>`. */
export function pathOf(argument: string | undefined): string {
  const text = /<(.*)>$/.exec(argument ?? "")?.[1] ?? "";
  return unescaped(text);
}

/** Paths behind descriptors are in hexadecimal, too, where a version of strace has them so. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}
