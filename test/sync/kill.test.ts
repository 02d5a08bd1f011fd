import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import type { DiskFile } from "../../src/engine/file/disk/disk.ts";
import { syncSessions } from "../../src/import.ts";
import { SessionStore } from "../../src/index.ts";
import { run, runJson } from "../cli/run.ts";
import { contents } from "./contents.ts";
import { agentHome, id } from "./home.ts";
import { COMMAND } from "../command.ts";

const place = agentHome();
const SESSIONS = 40;

function sessions(): void {
  for (let count = 1; count <= SESSIONS; count++)
    place.claude(id(count), [`prompt ${count}`, "and more", "x".repeat(count * 100)]);
}

function start(): ChildProcess {
  const env = { ...process.env, ASTRID_SESSIONS_STORE: place.store };
  return spawn(process.execPath, [COMMAND, "sync", "--yes"], { env, stdio: "ignore" });
}

function journals(): number {
  if (!existsSync(place.store)) return 0;
  return readdirSync(place.store).filter((name) => name.endsWith(".journal.jsonl")).length;
}

/** The store is what one import of everything would have made of it: nothing is lost, nothing is there twice. */
async function expectWhole(): Promise<void> {
  await using store = new SessionStore(place.store);
  await using fresh = new SessionStore("memory:");
  await syncSessions(fresh, { env: { HOME: place.home } });
  expect(await contents(store)).toEqual(await contents(fresh));
  expect(run(place.store, "doctor").code).toBe(0);
  expect(run(place.store, "sync", "--status").code).toBe(0);
}

test("killed at 20 random moments, sync claims nothing that is not there, and the next one goes on", async () => {
  sessions();
  for (let round = 0; round < 20; round++) {
    const child = start();
    const ended = once(child, "close");
    const most = journals() + Math.floor(Math.random() * 4);
    const turns = Math.floor(Math.random() * 200);
    let passed = 0;
    while (child.exitCode === null && child.signalCode === null) {
      if (journals() > most && passed++ > turns) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    child.kill("SIGKILL");
    await ended;
    // Well is said only of what is there.
    if (run(place.store, "sync", "--status").code === 0) {
      expect(runJson(place.store, "list", "--all").json.sessions).toHaveLength(SESSIONS);
      break;
    }
  }
  expect(runJson(place.store, "sync", "--yes").code).toBe(0);
  await expectWhole();
});

test("two at once double nothing", async () => {
  sessions();
  const both = [start(), start()];
  const codes = await Promise.all(both.map(async (child) => (await once(child, "close")) as [number | null]));
  expect(codes.map(([code]) => code)).toEqual([0, 0]);
  await expectWhole();
});

/** A disk on which so many files can be made, and that is full then. */
class FullDisk extends RealDisk {
  room = Infinity;

  override create(path: string): DiskFile {
    if (this.room-- <= 0) throw Object.assign(new Error("ENOSPC: made to fail"), { code: "ENOSPC" });
    return super.create(path);
  }
}

test("on a full disk it ends with the reason and claims nothing; with space again it goes on", async () => {
  sessions();
  const disk = new FullDisk();
  const env = { HOME: place.home };
  {
    await using store = new SessionStore(new FileEngine(place.store, { disk }), { closeEngine: true });
    disk.room = 7;
    await expect(syncSessions(store, { env })).rejects.toMatchObject({ code: "DISK_FULL" });
    const remembered = readFileSync(join(place.store, "sync.json"), "utf8");
    expect(remembered).toContain('"isComplete": false');
    disk.room = Infinity;
    expect(await syncSessions(store, { env })).toMatchObject({
      sources: [{ files: SESSIONS, failed: [], isComplete: true }],
    });
  }
  expect(runJson(place.store, "sync", "--yes").code).toBe(0);
  await expectWhole();
});
