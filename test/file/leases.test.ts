import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { AgentSession, LeaseHeldError, Message, SessionStore } from "../../src/index.ts";
import type { Unlock } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { temporaryDirectory } from "./temporary-store.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

/** A process that holds a session until it is killed. */
function holder(directory: string, id: string, by: string): Child {
  const code = `import { SessionStore } from ${JSON.stringify(INDEX)};
    const [directory, id, by] = process.argv.slice(1);
    const lease = await new SessionStore(directory).lease(id, { by });
    console.log("held", lease.since);
    process.stdin.resume();`;
  return new Child(["--input-type=module", "-e", code, directory, id, by]);
}

async function aStore(): Promise<{ directory: string; store: SessionStore; id: string }> {
  const directory = temporaryDirectory();
  const store = new SessionStore(new FileEngine(directory, { lockPatience: 600_000 }), { closeEngine: true });
  const session = new AgentSession();
  await store.save(session);
  return { directory, store, id: session.id };
}

test("the session of a holder that is killed is free at once, and nobody's in lists", async () => {
  const { directory, store, id } = await aStore();
  await using child = holder(directory, id, "the child");
  const since = (await child.line(/held/)).slice("held ".length);
  expect((await store.summary(id))?.held).toEqual({ by: "the child", since });
  await expect(store.lease(id, { by: "us" })).rejects.toMatchObject({ by: "the child", since });
  await child.kill();
  expect((await store.summary(id))?.held).toBe(null);
  expect((await store.list({})).sessions).toMatchObject([{ id, held: null }]);
  const lease = await store.lease(id, { by: "us" });
  await store.append(id, [Message.user("ours")], { lease });
  await store.close();
});

test("what a lease leaves on disk: two files for the owner only, which say who holds it, and none once released", async () => {
  const { directory, store, id } = await aStore();
  const leases = join(directory, "leases");
  expect(readdirSync(directory)).not.toContain("leases");
  const lease = await store.lease(id, { by: "us" });
  const names = [`${id}.${lease.token}.lock`, `${id}.json`];
  expect(readdirSync(leases).sort()).toEqual(names.sort());
  expect(statSync(leases).mode & 0o777).toBe(0o700);
  for (const name of names) expect(statSync(join(leases, name)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(leases, `${id}.json`), "utf8"))).toEqual({
    ...{ by: "us", pid: process.pid, host: hostname(), at: lease.since, token: lease.token },
  });
  const next = await store.lease(id, { by: "them", takeOver: true });
  expect(readdirSync(leases).sort()).toEqual([`${id}.${next.token}.lock`, `${id}.json`].sort());
  await lease.release();
  await next.release();
  expect(readdirSync(leases)).toEqual([]);
  await store.close();
});

test("what a power cut, or somebody, leaves of a lease holds nothing", async () => {
  const { directory, store, id } = await aStore();
  const leases = join(directory, "leases");
  mkdirSync(leases);
  const whole = { by: "x", pid: 1, host: "h", at: "2026-01-01T00:00:00.000Z", token: "../../x" };
  for (const text of ["", "{", "null", "7", "\0".repeat(100), JSON.stringify(whole), "x".repeat(100_000)]) {
    writeFileSync(join(leases, `${id}.json`), text);
    expect((await store.summary(id))?.held, text.slice(0, 20)).toBe(null);
    await (await store.lease(id, { by: "us" })).release();
  }
  const lease = await store.lease(id, { by: "us" });
  rmSync(leases, { recursive: true });
  expect((await store.list({})).sessions).toMatchObject([{ held: null }]);
  await expect(store.append(id, [Message.user("x")], { lease })).rejects.toMatchObject({
    code: "LEASE_LOST",
  });
  await lease.release();
  await (await store.lease(id, { by: "us" })).release();
  await store.close();
});

test("a hundred sessions held at once, in one process: each by its own, released in any order", async () => {
  const { directory, store } = await aStore();
  const ids = Array.from({ length: 100 }, () => new AgentSession().id);
  const held = await Promise.all(ids.map((id) => store.lease(id, { by: `holder of ${id}` })));
  // Another engine of this process, with the same kernel locks, must not free them by looking.
  await using other = new SessionStore(new FileEngine(directory), { closeEngine: true });
  for (const id of ids) await expect(other.lease(id, { by: "other" })).rejects.toBeInstanceOf(LeaseHeldError);
  await Promise.all(held.filter((_, index) => index % 2 === 0).map((lease) => lease.release()));
  for (const [index, id] of ids.entries()) {
    const asked = other.lease(id, { by: "other" });
    if (index % 2 === 0) await asked;
    else await expect(asked).rejects.toBeInstanceOf(LeaseHeldError);
  }
  await store.close();
  for (const [index, id] of ids.entries()) if (index % 2 === 1) await other.lease(id, { by: "other" });
});

test("a lock that cannot be given back in order fails neither a release nor a look, and is told", async () => {
  class Locks extends RealDisk {
    failing = false;
    override lock(path: string, patience: number): ReturnType<RealDisk["lock"]> {
      const failing = (unlock: Unlock | undefined): Unlock | undefined =>
        unlock &&
        ((): void => {
          unlock();
          if (this.failing && path.includes("leases")) throw new Error("EIO");
        });
      const locked = super.lock(path, patience);
      return typeof locked === "function" ? (failing(locked) as Unlock) : locked.then(failing);
    }
  }
  const disk = new Locks();
  await using store = new SessionStore(new FileEngine(temporaryDirectory(), { disk }), { closeEngine: true });
  const session = new AgentSession();
  await store.save(session);
  const told: string[] = [];
  store.on("report", ({ kind }) => told.push(kind));
  const lease = await store.lease(session.id, { by: "us" });
  disk.failing = true;
  await lease.release();
  expect(told).toEqual(["lock-failed"]);
  expect((await store.summary(session.id))?.held).toBe(null);
  const again = await store.lease(session.id, { by: "them" });
  expect((await store.summary(session.id))?.held?.by).toBe("them");
  await again.release();
});
