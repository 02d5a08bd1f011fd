import { spawnSync } from "node:child_process";
import { installFastResume } from "../harness/fast-resume.ts";
import { interleave, type Lane } from "../harness/interleave.ts";
import type { BenchContext } from "../harness/row-group.ts";
import { addTimes, BARE } from "../harness/times.ts";
import { makeClaudeHome } from "../workload/claude-home.ts";
import { wordOfRank } from "../workload/text.ts";

/** Programs for the same purpose, on as many sessions of the same texts, which they read where Claude Code keeps them. */
export async function measureOthers(context: BenchContext, sessions: number): Promise<void> {
  const { scratch, report, quick } = context;
  report.skip(
    "claude-history",
    "cargo compiles it on both cores for minutes: the benchmark does not install it",
  );
  const program = installFastResume(context);
  if (program === undefined) return;
  const home = scratch.folder("claude-home");
  makeClaudeHome(home, sessions);
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: undefined, XDG_DATA_HOME: undefined };
  const run = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`fr ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  // The first one makes its index.
  if (!run("--list", "--limit", "50").includes("Session number")) {
    report.skip("fast-resume", "it does not list the sessions that were made for it");
    return;
  }
  const lane = (name: string, once: () => unknown): Lane => ({
    name,
    prepare: () => Promise.resolve({ once }),
  });
  const samples = await interleave(
    [
      lane(BARE, () => spawnSync(process.execPath, ["-e", "0"])),
      lane("fast-resume: list, its first 50", () => run("--list", "--limit", "50")),
      lane("fast-resume: search", () => run("--list", "--limit", "20", wordOfRank(700))),
    ],
    quick ? { blocks: 1, rounds: 2 } : { blocks: 3, rounds: 4 },
  );
  const row = `Others on ${sessions.toLocaleString("en-US")} sessions of Claude Code, each in a new process`;
  addTimes(report, row, samples);
}
