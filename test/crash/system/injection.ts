import { spawn } from "node:child_process";
import { ScriptProcess } from "./script-process.ts";

/** One kind of call, by one thread: the main one, or that of libuv's pool. */
export interface CallSite {
  readonly thread: "main" | "pool";
  readonly call: string;
}

export interface Injection extends CallSite {
  /** `signal=KILL`, or `error=EIO`. */
  readonly effect: string;
  /** The n-th call, or `n..m`. */
  readonly when: string;
}

/**
 * Starts the script and puts strace on one of its threads only, from its first operation on: the n-th call is then
 * the same in every run, and nothing that Node itself does is counted.
 */
export async function startInjected(
  args: readonly string[],
  { thread, call, effect, when }: Injection,
): Promise<{ script: ScriptProcess; ended: Promise<void>; wasReached: () => boolean }> {
  const script = new ScriptProcess([...args, "--wait"]);
  const ready = await script.line(/^ready /);
  const [, main = "", pool = ""] = ready?.split(" ") ?? [];
  const id = thread === "main" ? main : pool;
  if (!/^\d+$/.test(id)) throw new Error(`the script did not start: ${script.errors}`);
  const options = ["-p", id, "-e", `trace=${call}`, "-e", `inject=${call}:${effect}:when=${when}`];
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
