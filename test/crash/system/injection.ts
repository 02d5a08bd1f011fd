import { spawn } from "node:child_process";
import { ScriptProcess } from "./script-process.ts";

/** In a path, it stands for the id of the process. */
export const OWN_ID = "PID";

/** One kind of call on one file, by one thread: the main one, or that of libuv's pool. */
export interface CallSite {
  readonly thread: "main" | "pool";
  readonly call: string;
  /** Within the store. */
  readonly path: string;
  /** The how manieth of these calls it is. */
  readonly number: number;
}

export interface Injection {
  readonly site: CallSite;
  /** `signal=KILL`, or `error=EIO`. */
  readonly effect: string;
  /** So many such calls, one after the other; 1 when it is not given. */
  readonly times?: number;
}

export function siteText({ site: { thread, call, path, number }, effect }: Injection): string {
  return `${effect} at ${thread} ${call} ${number} of ${path}`;
}

/**
 * Starts the script and puts strace on one of its threads only, from its first operation on, and on one file only: the
 * n-th call is then the same in every run, and nothing that Node itself does is counted.
 */
export async function startInjected(
  store: string,
  args: readonly string[],
  { site: { thread, call, path, number }, effect, times = 1 }: Injection,
): Promise<{ script: ScriptProcess; ended: Promise<void>; wasReached: () => boolean }> {
  const script = new ScriptProcess(["--store", store, ...args, "--wait"]);
  const ready = await script.line(/^ready /);
  const [, main = "", pool = ""] = ready?.split(" ") ?? [];
  const id = thread === "main" ? main : pool;
  if (!/^\d+$/.test(id)) throw new Error(`the script did not start: ${script.errors}`);
  const file = `${store}${path.replace(`/${OWN_ID}`, `/${main}`)}`;
  const inject = `inject=${call}:${effect}:when=${number}..${number + times - 1}`;
  const options = ["-p", id, "-P", file, "-e", `trace=${call}`, "-e", inject];
  const tracer = spawn("strace", options, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const closed = new Promise<void>((resolve) => tracer.on("close", () => resolve()));
  await new Promise<void>((resolve) => {
    tracer.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (/attached/.test(said)) resolve();
    });
    tracer.on("close", () => resolve());
  });
  if (!/attached/.test(said)) {
    script.kill();
    throw new Error(`strace cannot attach: ${said}`);
  }
  script.go();
  return {
    script,
    ended: Promise.all([script.ended(), closed]).then(() => undefined),
    wasReached: () => /\(INJECTED\)|killed by SIGKILL/.test(said),
  };
}
