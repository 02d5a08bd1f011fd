// One task in a process of its own, on the package as it ships: prints how long it took and the most memory it held.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

const [entry = "", name = "", folder = "", id = ""] = process.argv.slice(2);
const { Message, SessionStore } = await import(pathToFileURL(entry).href);

const tasks = {
  nothing: async () => undefined,
  tail: async (store) => {
    const messages = await Array.fromAsync(store.messages(id, { limit: 20, reverse: true }));
    if (messages.length !== 20) throw new Error(`${messages.length} messages`);
  },
  append: (store) => store.append(id, [Message.user("one more")]),
  list: (store) => store.listWithMetadata({ limit: 50 }),
  messages: async (store) => {
    let last = -1;
    for await (const { position } of store.messages(id)) last = position;
    if (last < 1000) throw new Error(`the last message is ${last}`);
  },
  checkpoint: (store) => store.checkpoint(id),
};

const store = new SessionStore(folder);
const start = performance.now();
await tasks[name](store);
const milliseconds = performance.now() - start;
await store.close();
console.log(JSON.stringify({ milliseconds, peak: peakMemory() }));

/** On Linux, `maxRSS` of a new process begins with what its parent held. */
function peakMemory() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
