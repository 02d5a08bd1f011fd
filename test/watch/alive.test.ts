import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { Message, SessionStore } from "../../src/index.ts";
import { storedSession, temporaryDirectory } from "../file/temporary-store.ts";

const ROOT = join(import.meta.dirname, "../..");
const IMPORT = `import { SessionStore } from ${JSON.stringify(join(ROOT, "src/index.ts"))};`;

test.each(["store.watch(id)", "store.watchSessions()"])(
  "a program that only waits in %s lives until it is told something",
  async (watching) => {
    const directory = temporaryDirectory();
    const id = await storedSession(directory, 1);
    const script = `
      ${IMPORT}
      const [directory, id] = ${JSON.stringify([directory, id])};
      const store = new SessionStore(directory);
      const next = ${watching}[Symbol.asyncIterator]().next();
      // By now the watching has begun, and nothing but it is left to wait for.
      setTimeout(() => console.log("waits"), 0);
      const { value } = await next;
      console.log("told", value.revision);
      await store.close();`;
    await using child = new Child(["--input-type=module", "-e", script]);
    await using store = new SessionStore(directory);
    const told = child.line(/told/);
    await child.line(/waits/);
    // Of what changed before the watching began, it tells nothing: changes go on until it has told of one.
    let isTold = false;
    const until = told.then(() => (isTold = true));
    while (!isTold) {
      await store.append(id, [Message.user("changed")]);
      await Promise.race([until, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    expect((await child.ended).code).toBe(0);
  },
);

test("a program that has stopped asking is not kept by a watch that it left open", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 1);
  const script = `
    ${IMPORT}
    const [directory, id] = ${JSON.stringify([directory, id])};
    const steps = new SessionStore(directory).watch(id, { after: 0 })[Symbol.asyncIterator]();
    console.log((await steps.next()).value.revision);`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect([child.status, child.stdout, child.stderr]).toEqual([0, "1\n", ""]);
});
