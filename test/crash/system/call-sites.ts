import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OWN_ID, type CallSite } from "./injection.ts";
import { ScriptProcess } from "./script-process.ts";
import { bytesOf, pathOf, readTrace, removeTrace, tracing } from "./trace.ts";

/** A call on a file of the store. */
export interface CallPoint extends CallSite {
  /** It can change the disk; an open that creates nothing cannot. */
  readonly isChange: boolean;
  /** It is on the derived index, of which fewer points are tried. */
  readonly isOnIndex: boolean;
}

/** The calls on a store that each thread makes between `ready` and the end. */
export async function callPoints(
  directory: string,
  store: string,
  args: readonly string[],
): Promise<CallPoint[]> {
  mkdirSync(directory, { recursive: true });
  const prefix = join(directory, "sites");
  const script = new ScriptProcess(["--store", store, ...args, "--wait"], tracing(prefix));
  const ready = await script.line(/^ready /);
  script.go();
  await script.ended();
  if (!script.isDone) throw new Error(`the traced run failed: ${script.errors}`);
  const [, main = "", pool = ""] = ready?.split(" ") ?? [];
  const calls = readTrace(prefix);
  removeTrace(prefix);
  const begun = calls.find(
    ({ thread, name, args: [descriptor] }) =>
      thread === main && name === "write" && descriptor?.startsWith("1<") === true,
  )?.begun;
  const counts = new Map<string, number>();
  const points: CallPoint[] = [];
  for (const call of calls) {
    if (call.begun <= (begun ?? 0) || (call.thread !== main && call.thread !== pool)) continue;
    const thread = call.thread === main ? "main" : "pool";
    const paths = call.args.map(pathIn).filter((path) => path.startsWith(store));
    const [path] = paths;
    if (path === undefined) continue;
    for (const one of new Set(paths)) {
      const key = `${thread} ${call.name} ${one}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    points.push({
      thread,
      call: call.name,
      path: path.slice(store.length).replace(new RegExp(`/${main}(?=[.-])`), `/${OWN_ID}`),
      number: counts.get(`${thread} ${call.name} ${path}`) ?? 0,
      isChange: call.name !== "openat" || call.args.some((one) => one.includes("O_CREAT")),
      isOnIndex: paths.some((path) => path.includes("index")),
    });
  }
  return points;
}

/** The path that an argument is or that its descriptor leads to. */
function pathIn(argument: string): string {
  return /^"(\\x|\/)/.test(argument) ? bytesOf(argument).toString() : pathOf(argument);
}

/** Runs `work` for each of `items`, two at a time. */
export async function inPairs<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all([worker(), worker()]);
}
