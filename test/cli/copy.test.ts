import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ASTRID = join(import.meta.dirname, "../compat/fixtures/astrid");

/** A store with what Astrid wrote, and a session of ours. */
async function mixed(): Promise<string> {
  const directory = temporaryDirectory();
  for (const name of readdirSync(ASTRID)) copyFileSync(join(ASTRID, name), join(directory, name));
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ messages: [Message.user("ours")] }));
  return directory;
}

test("copies what Astrid wrote and what we wrote; again, nothing", async () => {
  const [from, to] = [await mixed(), join(temporaryDirectory(), "new")];
  expect(run("/nowhere", "copy", from, to)).toEqual({
    ...{ code: 0, err: "" },
    out: "3 sessions copied, 0 unchanged, 0 failed.\n",
  });
  expect(runJson("/nowhere", "copy", from, to).json).toMatchObject({ copied: 0, unchanged: 3, failed: [] });
  const sessions = (store: string): unknown =>
    runJson(store, "list").json.sessions.map((session) => {
      const { id, messageCount, title } = session as Record<string, unknown>;
      return { id, messageCount, title };
    });
  expect(sessions(to)).toEqual(expect.arrayContaining(sessions(from) as unknown[]));
});

test("says that there is nothing to copy, and does not take another store for the source", async () => {
  const [empty, to] = [temporaryDirectory(), temporaryDirectory()];
  expect(run(await mixed(), "copy", empty, to)).toMatchObject({ code: 0, err: `No sessions in ${empty}.\n` });
  expect(run("/nowhere", "--store", await mixed(), "copy", empty, to)).toMatchObject({ code: 2, out: "" });
  expect(readdirSync(to)).toEqual([]);
});

test("a source that does not exist is no empty one", () => {
  const to = temporaryDirectory();
  const { code, out, err } = run("/nowhere", "copy", join(to, "missing"), to);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/There is nothing to copy from: the directory .*missing does not exist\./);
  expect(readdirSync(to)).toEqual([]);
});

test("what keeps every session from being copied is told once", async () => {
  const from = await mixed();
  const unreachable = run("/nowhere", "copy", from, "postgres://localhost:1/x?patience=300");
  expect(unreachable).toMatchObject({ code: 1, out: "" });
  expect(unreachable.err.match(/Check that the server runs/g)).toHaveLength(1);
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name !== "pg") return next(name, context);
      throw Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" });
    } });`;
  vi.stubEnv("NODE_OPTIONS", `--import=data:text/javascript,${encodeURIComponent(hook)}`);
  const missing = run("/nowhere", "copy", from, "postgres://localhost:1/x");
  vi.unstubAllEnvs();
  expect(missing).toMatchObject({ code: 1, out: "" });
  expect(missing.err.match(/npm install pg/g)).toHaveLength(1);
});

test("a place that can be no store is told once, whatever it has against it", async () => {
  const from = await mixed();
  const file = join(temporaryDirectory(), "file");
  copyFileSync(join(from, readdirSync(from)[0] ?? ""), file);
  // Only Linux has /proc, in which nobody can make a directory, and nothing has vanished.
  const impossible = [join(file, "store"), ...(existsSync("/proc/self") ? ["/proc/nope"] : [])];
  for (const place of impossible) {
    const { code, out, err } = run("/nowhere", "copy", from, place);
    expect({ code, out }, place).toEqual({ code: 1, out: "" });
    expect(err.trim().split("\n"), place).toHaveLength(1);
    expect(err).toMatch(/choose another/);
    expect(err).not.toMatch(/vanished/);
  }
});
