import { sqlite } from "../../src/sqlite.ts";

/** What a call counts beside the characters that it is about. */
const CALL = 100;
/** So much work takes a millisecond, by the clock that is shown here. */
const MILLISECOND = 50_000;

let work = 0;
let done = 0;
let most = 0;
let isCounting = false;

/**
 * Runs `step` and tells the most that it did between two turns of the event loop, whatever the machine: characters that
 * were parsed, printed as JSON or given to SQLite, and some for each such call. The clock goes by this work: what is done
 * in pieces of so many milliseconds is done in the same pieces on every machine.
 */
export async function mostWork<T>(step: () => Promise<T>): Promise<{ work: number; result: T }> {
  countWork();
  work = most = 0;
  let isOver = false;
  const turn = (): void => {
    most = Math.max(most, work);
    done += work;
    work = 0;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    const result = await step();
    return { work: Math.max(most, work), result };
  } finally {
    isOver = true;
  }
}

function countWork(): void {
  if (isCounting) return;
  isCounting = true;
  let looks = 0;
  performance.now = () => (done + work) / MILLISECOND + ++looks / 1000;
  JSON.parse = counted(JSON.parse, ([text]) => text as string);
  JSON.stringify = counted(JSON.stringify, (_, printed) => printed as string | undefined);
  const { run, all, get } = sqlite().StatementSync.prototype;
  const longest = (values: readonly unknown[]): string =>
    values.filter((value) => typeof value === "string").join("");
  Object.assign(sqlite().StatementSync.prototype, {
    run: counted(run, longest),
    all: counted(all, longest),
    get: counted(get, longest),
  });
}

/** The method, whose calls count as work, with the length of a text that belongs to each. */
function counted<T extends (...args: never[]) => unknown>(
  method: T,
  textOf: (args: readonly unknown[], result: unknown) => string | undefined,
): T {
  return new Proxy(method, {
    apply(target, self, args: unknown[]) {
      const result: unknown = Reflect.apply(target, self, args);
      work += CALL + (textOf(args, result)?.length ?? 0);
      return result;
    },
  });
}
