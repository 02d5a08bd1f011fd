import type { StorageEngine } from "../engine/contract.ts";
import type { EngineTarget, OpenedEngine, TestRunner } from "./target.ts";

/** Registers one test: a sentence that holds for every engine, and a body that shows it on an empty place. */
export type Guarantee = (
  sentence: string,
  body: (engine: StorageEngine, opened: OpenedEngine) => Promise<void>,
) => void;

/** One file of the suite: the guarantees of a verb, or of a theme. */
export interface Chapter {
  readonly title: string;
  readonly guarantees: (guarantee: Guarantee, target: EngineTarget) => void;
}

/** Registers a chapter's tests; each opens a place of its own and disposes of it. */
export function register(runner: TestRunner, target: EngineTarget, chapter: Chapter): void {
  const guarantee =
    (prefix: string): Guarantee =>
    (sentence, body) => {
      runner.test(prefix + sentence, async () => {
        const opened = await target.open();
        try {
          await body(opened.engine, opened);
        } finally {
          await opened.dispose();
        }
      });
    };
  if (runner.describe === undefined) {
    chapter.guarantees(guarantee(`${target.name}: ${chapter.title}: `), target);
  } else {
    runner.describe(chapter.title, () => chapter.guarantees(guarantee(""), target));
  }
}

/** Another engine on the same place; the one before is closed unless the engine lets several live side by side. */
export async function reopen(opened: OpenedEngine, engine: StorageEngine): Promise<StorageEngine> {
  if (!engine.capabilities.multiProcess) await engine.close();
  return opened.reopen();
}
