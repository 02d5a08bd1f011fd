import "../runtime.ts";
import { betweenProcesses } from "./between-processes.ts";
import { big } from "./big.ts";
import { changes } from "./changes.ts";
import { checkpoint } from "./checkpoint.ts";
import { cleanup } from "./cleanup.ts";
import { clocks } from "./clocks.ts";
import { closing } from "./closing.ts";
import { commit } from "./commit.ts";
import { concurrency } from "./concurrency.ts";
import { conflicts } from "./conflict.ts";
import { forks } from "./forks.ts";
import { givingUp } from "./give-up.ts";
import { register } from "./guarantee.ts";
import { history } from "./history.ts";
import { idempotentRetry } from "./idempotent-retry.ts";
import { leaseFight } from "./lease-fight.ts";
import { leasedOperations } from "./leased-operations.ts";
import { leases } from "./leases.ts";
import { lives } from "./lives.ts";
import { list } from "./list.ts";
import { messages } from "./messages.ts";
import { oddContent } from "./odd-content.ts";
import { pack } from "./pack.ts";
import { read } from "./read.ts";
import { redact } from "./redact.ts";
import { remove } from "./remove.ts";
import { reopening } from "./reopen.ts";
import { operations } from "./operations.ts";
import { reports } from "./reports.ts";
import { search } from "./search.ts";
import { mayBeBehind } from "./may-be-behind.ts";
import { searchLeavesOut } from "./search-leaves-out.ts";
import { searchedForks } from "./searched-forks.ts";
import { sideLists } from "./side-lists.ts";
import { snapshot } from "./snapshot.ts";
import { summary } from "./summary.ts";
import type { EngineTarget, TestRunner } from "./target.ts";
import { trash } from "./trash.ts";
import { unknownOutcomes } from "./unknown-outcomes.ts";
import { vacuuming } from "./vacuum.ts";
import { usage } from "./usage.ts";
import { verify } from "./verify.ts";
import { workspaces } from "./workspaces.ts";

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
