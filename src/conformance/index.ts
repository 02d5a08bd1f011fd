import "../runtime.ts";
import { betweenProcesses } from "./processes/between-processes.ts";
import { big } from "./commits/big.ts";
import { changes } from "./reading/changes.ts";
import { checkpoint } from "./sessions/checkpoint.ts";
import { cleanup } from "./sessions/cleanup.ts";
import { clocks } from "./commits/clocks.ts";
import { closing } from "./commits/closing.ts";
import { commit } from "./commits/commit.ts";
import { concurrency } from "./commits/concurrency.ts";
import { conflicts } from "./commits/conflict.ts";
import { forks } from "./sessions/forks.ts";
import { givingUp } from "./sessions/give-up.ts";
import { register } from "./guarantee.ts";
import { history } from "./reading/history.ts";
import { idempotentRetry } from "./commits/idempotent-retry.ts";
import { leaseFight } from "./processes/lease-fight.ts";
import { leasedOperations } from "./sessions/leased-operations.ts";
import { leases } from "./processes/leases.ts";
import { lives } from "./commits/lives.ts";
import { list } from "./reading/list.ts";
import { messages } from "./reading/messages.ts";
import { oddContent } from "./commits/odd-content.ts";
import { pack } from "./sessions/pack.ts";
import { read } from "./reading/read.ts";
import { redact } from "./sessions/redact.ts";
import { remove } from "./sessions/remove.ts";
import { reopening } from "./commits/reopen.ts";
import { operations } from "./sessions/operations.ts";
import { reports } from "./commits/reports.ts";
import { search } from "./reading/search.ts";
import { mayBeBehind } from "./reading/may-be-behind.ts";
import { searchLeavesOut } from "./reading/search-leaves-out.ts";
import { searchedForks } from "./reading/searched-forks.ts";
import { sideLists } from "./commits/side-lists.ts";
import { snapshot } from "./reading/snapshot.ts";
import { summary } from "./reading/summary.ts";
import type { EngineTarget, TestRunner } from "./target.ts";
import { trash } from "./sessions/trash.ts";
import { unknownOutcomes } from "./commits/unknown-outcomes.ts";
import { vacuuming } from "./sessions/vacuum.ts";
import { usage } from "./reading/usage.ts";
import { verify } from "./reading/verify.ts";
import { workspaces } from "./reading/workspaces.ts";

export type { EngineOpener, EngineTarget, OpenedEngine, TestRunner } from "./target.ts";

const verbs = [
  commit,
  read,
  messages,
  snapshot,
  history,
  sideLists,
  summary,
  list,
  search,
  searchLeavesOut,
  mayBeBehind,
  changes,
  leases,
  remove,
  trash,
  checkpoint,
  pack,
  verify,
  reports,
  closing,
];
const themes = [
  conflicts,
  idempotentRetry,
  unknownOutcomes,
  concurrency,
  reopening,
  lives,
  clocks,
  oddContent,
  operations,
  leasedOperations,
  forks,
  searchedForks,
  usage,
  workspaces,
  cleanup,
  redact,
  givingUp,
  vacuuming,
  big,
];

/**
 * Registers the tests that every engine must pass, with the test runner of your choice.
 *
 * @example
 * import { describe, test } from "vitest";
 * conformance({ describe, test }, {
 *   name: "memory",
 *   capabilities: new MemoryEngine().capabilities,
 *   open: async () => { … },
 * });
 */
export function conformance(runner: TestRunner, target: EngineTarget): void {
  const { describe } = runner;
  const chapters = [
    ...verbs,
    ...themes,
    ...(target.capabilities.multiProcess ? [betweenProcesses, leaseFight] : []),
  ];
  const registerAll = (): void => chapters.forEach((chapter) => register(runner, target, chapter));
  if (describe === undefined) registerAll();
  else describe(`${target.name} engine`, registerAll);
}
