import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Served extends AsyncDisposable {
  readonly url: string;
  /** Milliseconds from the start of the process to its first answer. */
  readonly start: number;
  /** The most memory that it has had, in MB; Linux only. */
  readonly memory: () => number;
  /** Milliseconds of processor time that it has used. */
  readonly processor: () => number;
}

/** A server in a process of its own that prints its address. */
export async function served(...args: readonly string[]): Promise<Served> {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  await (await fetch(url, { redirect: "manual" })).text();
  const start = performance.now() - begun;
  const told = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
  return {
    ...{ url, start },
    memory: () => Number(/VmHWM:\s+(\d+)/.exec(told("status"))?.[1]) / 1024,
    processor: () => {
      // Behind the name, which may hold anything: the times are the twelfth and thirteenth, in hundredths of a second.
      const fields = told("stat")
        .replace(/^.*\) /, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
