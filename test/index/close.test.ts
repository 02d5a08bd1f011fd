import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { filled, IMPORTS, ROOT } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/**
 * Runs a module's text in a process of its own and returns what it prints as JSON. `left()` tells what is open: the
 * descriptors of files below the store, and the timers and watchers of this process.
 */
function child(directory: string, text: string, ...shell: readonly string[]): unknown {
  const words: readonly string[] = [
    ...shell,
    process.execPath,
    "--expose-gc",
    "--input-type=module",
    "-e",
    `${IMPORTS}
    import { createHook } from "node:async_hooks";
    import { readdirSync, readlinkSync } from "node:fs";
    import { setImmediate as turn } from "node:timers/promises";
    const directory = ${JSON.stringify(directory)};
    const waiting = new Map();
    createHook({
      init: (id, type) => void (/^(Timeout|FSEVENTWRAP|FSREQCALLBACK)$/.test(type) && waiting.set(id, type)),
      destroy: (id) => void waiting.delete(id),
    }).enable();
    async function left() {
      // What was closed is gone when the event loop has been through all its phases, and its wrapper with it.
      for (let round = 0; round < 10; round++) { await turn(); globalThis.gc(); }
      const files = readdirSync("/proc/self/fd").flatMap((fd) => {
        try { return [readlinkSync("/proc/self/fd/" + fd)]; } catch { return []; }
      });
      return {
        // Lock files are shared by all stores of a process.
        files: files.filter((file) => file.startsWith(directory) && !file.includes("/locks/")),
        resources: [...waiting.values(), ...process.getActiveResourcesInfo().filter((type) => type !== "PipeWrap")],
      };
    }
    function outcome(promise) {
      return promise.then(() => "done", (error) => error.code ?? String(error));
    }
    ${text}`,
  ];
  const output = execFileSync(words[0] ?? "", words.slice(1), { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(output) as unknown;
}

const NOTHING = { files: [], resources: [] };
const isLinux = process.platform === "linux";

test.runIf(isLinux)("after close nothing is open, and whatever was under way has ended", async () => {
  using directory = temporaryDirectory();
  const [id] = await filled(directory.path, 60);
  const result = child(
    directory.path,
    `
    const engine = new FileEngine(directory);
    const id = ${JSON.stringify(id)};
    await engine.list({});
    await engine.search({ text: "alpha" });
    const messages = engine.messages(id, {});
    await messages.next();
    const commits = engine.commits(id, 0);
    await commits.next();
    const hints = engine.changes(new AbortController().signal);
    await hints.next();
    const watching = (async () => { for await (const _ of engine.changes(new AbortController().signal)); })();
    for (let index = 0; index < 40; index++)
      await engine.commit(crypto.randomUUID(), { base: 0, splice: [0, 0, [Message.user("alpha")]] });
    // Each is at another step when the store is closed.
    const searches = [];
    for (let index = 0; index < 5; index++) {
      searches.push(outcome(engine.search({ text: "alpha", limit: 100 })), outcome(engine.list({})));
      await turn();
    }
    const before = await left();
    await Promise.all([engine.close(), engine.close()]);
    const after = await left();
    const ended = await Promise.all(searches);
    console.log(JSON.stringify({
      wasOpen: before.files.length > 0 && before.resources.length > 0,
      after,
      afterAll: await left(),
      isEnded: ended.every((end) => end === "done" || end === "STORE_CLOSED"),
      watching: await outcome(watching),
      hints: await outcome(hints.next()),
      messages: await outcome(messages.next()),
      commits: await outcome(commits.next()),
    }));`,
  );
  expect(result).toEqual({
    wasOpen: true,
    after: NOTHING,
    afterAll: NOTHING,
    isEnded: true,
    watching: "done",
    hints: "done",
    messages: "STORE_CLOSED",
    commits: "STORE_CLOSED",
  });
});

test.runIf(isLinux)("a search that has to build the index ends when the store is closed", async () => {
  using directory = temporaryDirectory();
  await filled(directory.path, 60);
  const result = child(
    directory.path,
    `
    import { rmSync } from "node:fs";
    const all = [];
    for (let turns = 0; turns < 30; turns += 3) {
      rmSync(directory + "/index.sqlite");
      const engine = new FileEngine(directory);
      const search = outcome(engine.search({ text: "alpha" }));
      for (let index = 0; index < turns; index++) await turn();
      await engine.close();
      const { files, resources } = await left();
      all.push(await search, ...files, ...resources);
      await (async (again) => { await again.search({ text: "alpha" }); await again.close(); })(new FileEngine(directory));
    }
    console.log(JSON.stringify([...new Set(all)]));`,
  ) as string[];
  expect(result).toContain("STORE_CLOSED");
  expect(result.filter((one) => one !== "STORE_CLOSED" && one !== "done")).toEqual([]);
});

// What was acknowledged is synced before: that a descriptor is not closed in order takes nothing of it away.
test.runIf(isLinux)("a session's file that is not closed in order keeps nothing open", async () => {
  using directory = temporaryDirectory();
  await filled(directory.path, 3);
  const result = child(
    directory.path,
    `
    const { RealDisk } = await import(${JSON.stringify(`${ROOT}/src/engine/file/disk/real-disk.ts`)});
    const { openToAppend } = RealDisk.prototype;
    RealDisk.prototype.openToAppend = function (path) {
      const file = openToAppend.call(this, path);
      if (file === undefined) return file;
      const close = file.close.bind(file);
      file.close = () => { close(); throw Object.assign(new Error("EIO: made to fail"), { code: "EIO" }); };
      return file;
    };
    const engine = new FileEngine(directory);
    const { sessions } = await engine.list({});
    await engine.search({ text: "alpha" });
    await engine.commit(sessions[0].id, { splice: ["end", 0, [Message.user("alpha")]] });
    const closed = await outcome(engine.close());
    console.log(JSON.stringify({ closed, left: await left() }));`,
  );
  expect(result).toEqual({ closed: "done", left: NOTHING });
});

// A file of the index is larger than the system lets this process write; sessions' files are not.
const SMALL_FILES = ["sh", "-c", `trap "" XFSZ; ulimit -f 40; exec "$0" "$@"`];

test.runIf(isLinux)("where no index file can be made, saves do not pile up", () => {
  using directory = temporaryDirectory();
  const result = child(
    directory.path,
    `
    import { existsSync } from "node:fs";
    const engine = new FileEngine(directory);
    const saved = [];
    async function alive() {
      await left();
      return saved.filter((message) => message.deref() !== undefined).length;
    }
    async function save(index) {
      const message = Message.user("number " + index);
      saved.push(new WeakRef(message));
      await engine.commit(crypto.randomUUID(), { base: 0, splice: [0, 0, [message]] }, "process");
    }
    for (let index = 0; index < 800; index++) await save(index);
    const before = await alive();
    await engine.close();
    console.log(JSON.stringify({
      hasIndex: existsSync(directory + "/index.sqlite"),
      // Sessions that are open have their last messages.
      isBounded: before < 500,
      after: await alive(),
    }));`,
    ...SMALL_FILES,
  );
  expect(result).toEqual({ hasIndex: false, isBounded: true, after: 0 });
});
