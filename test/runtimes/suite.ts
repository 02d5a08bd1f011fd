// The conformance suite on the runtime that this runs in, over the package as it was built; started by main.ts. Prints
// one line of JSON for each test, at once.
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineTarget, TestRunner } from "../../src/conformance/index.ts";
import type { StorageEngine } from "../../src/engine/contract.ts";
import { conformance, FileEngine, MemoryEngine } from "./built.ts";

/** What is printed: which runtime it is, then each test, then that this was all. */
export type SuiteLine =
  | { readonly kind: "runtime"; readonly name: string }
  | { readonly kind: "test"; readonly name: string; readonly error?: string | undefined }
  | { readonly kind: "end" };

/** For tests that hang, in milliseconds; how fast the others are is the machine's business. */
const PATIENCE = 300_000;

const titles: string[] = [];
const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];

const runner: TestRunner = {
  describe: (title, body) => {
    titles.push(title);
    body();
    titles.pop();
  },
  test: (name, body) => void tests.push({ name: [...titles, name].join(" > "), body }),
};

const file: EngineTarget = {
  name: "file",
  capabilities: new FileEngine("never-used").capabilities,
  opener: new URL("./open-file-engine.ts", import.meta.url).href,
  open: async () => {
    const root = mkdtempSync(join(tmpdir(), "astrid-runtimes-"));
    const location = join(root, "sessions");
    const engines: StorageEngine[] = [];
    const reopen = async (): Promise<StorageEngine> => {
      const engine = new FileEngine(location, { lockPatience: 600_000 });
      engines.push(engine);
      return engine;
    };
    const dispose = async (): Promise<void> => {
      for (const engine of engines) await engine.close();
      rmSync(root, { recursive: true, force: true });
    };
    return { engine: await reopen(), reopen, location, dispose };
  },
};

const memory: EngineTarget = {
  name: "memory",
  capabilities: new MemoryEngine().capabilities,
  open: async () => {
    const engine = new MemoryEngine();
    return { engine, reopen: async () => new MemoryEngine(), dispose: () => engine.close() };
  },
};

function print(line: SuiteLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** What went wrong, if anything. The timer also keeps the process alive: the engines' own do not. */
async function failureOf(body: () => Promise<void>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    await Promise.race([body(), hung]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
  }
}

const { node, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
print({
  kind: "runtime",
  name: bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`,
});
const wanted = process.argv[2] ?? "";
for (const target of [memory, file]) conformance(runner, target);
for (const { name, body } of tests.filter((one) => one.name.includes(wanted)))
  print({ kind: "test", name, error: await failureOf(body) });
print({ kind: "end" });
// What a test that hangs has left behind keeps nobody waiting.
process.exit();
