import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DiskFile, Step } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { syncSessions } from "../../src/import.ts";
import { SessionStore } from "../../src/index.ts";
import { run, runJson } from "../cli/run.ts";
import { contents } from "./contents.ts";
import { agentHome, claudeLine, id } from "./home.ts";

const place = agentHome();
const DAY = 86_400_000;

/** A transcript in which something was last said so many days ago. */
function said(session: string, daysAgo: number, prompts: readonly string[]): string {
  const at = new Date(Date.now() - daysAgo * DAY).toISOString();
  const lines = prompts.map((prompt, index) =>
    claudeLine(session, index, prompt).replace(/"timestamp":"[^"]*"/, `"timestamp":"${at}"`),
  );
  const path = place.write(`.claude/projects/-p/${session}.jsonl`, lines.join(""));
  place.age(path, daysAgo);
  return path;
}

function packedOnes(): string[] {
  const { json } = runJson(place.store, "list", "--all");
  const sessions = json.sessions as readonly { id: string; packed?: boolean }[];
  return sessions.filter(({ packed }) => packed === true).map((one) => one.id);
}

test("sync packs what rests for a week on the way in, and nothing with --pack-after never", () => {
  said(id(1), 30, ["old"]);
  said(id(2), 8, ["rests"]);
  said(id(3), 2, ["goes on"]);
  expect(run(place.store, "sync", "--yes", "--pack-after", "never").code).toBe(0);
  expect(packedOnes()).toEqual([]);
  place.store = join(place.home, "second");
  expect(run(place.store, "sync", "--yes").code).toBe(0);
  expect(packedOnes().sort()).toEqual([id(1), id(2)]);
  expect(readdirSync(place.store).filter((name) => name === `${id(1)}.json`)).toEqual([]);
  expect(readdirSync(join(place.store, "tmp"))).toEqual([]);
  place.store = join(place.home, "third");
  expect(run(place.store, "sync", "--yes", "--pack-after", "1d").code).toBe(0);
  expect(packedOnes()).toHaveLength(3);
  expect(run(place.store, "sync", "--pack-after", "soon")).toMatchObject({ code: 2 });
});

test("a packed session that grows is unpacked, and packed again when the next look comes late", async () => {
  const path = said(id(1), 30, ["one", "two"]);
  expect(run(place.store, "sync", "--yes").code).toBe(0);
  said(id(1), 1, ["one", "two", "three"]);
  expect(run(place.store, "sync").code).toBe(0);
  expect(packedOnes()).toEqual([]);
  said(id(1), 20, ["one", "two", "three", "four"]);
  expect(run(place.store, "sync").code).toBe(0);
  expect(packedOnes()).toEqual([id(1)]);
  await using store = new SessionStore(place.store);
  const { messages } = (await store.load(id(1))) ?? {};
  expect(messages?.map(({ content }) => content)).toEqual(["one", "two", "three", "four"]);
  const original = run(place.store, "export", id(1), "--format", "original");
  expect(original.out).toBe(readFileSync(path, "utf8"));
});

test("a large session, of several commits, is packed too", () => {
  said(
    id(1),
    30,
    ["a", "b", "c"].map((letter) => `${letter} `.repeat(600_000)),
  );
  expect(run(place.store, "import", join(place.home, ".claude"), "--pack-after", "7d").code).toBe(0);
  expect(packedOnes()).toEqual([id(1)]);
});

/** Counts the syncs of names. */
class CountedDisk extends RealDisk {
  directorySyncs = 0;

  override async syncDirectory(path: string): Promise<void> {
    this.directorySyncs++;
    await super.syncDirectory(path);
  }
}

test("many new sessions share the sync of their names, take little room, and say what single ones do", async () => {
  for (let count = 1; count <= 100; count++)
    said(
      id(count),
      30,
      Array.from({ length: 40 }, (_, turn) => `prompt ${count}.${turn} of this session`),
    );
  const disk = new CountedDisk();
  const env = { HOME: place.home };
  const source = readdirSync(join(place.home, ".claude/projects/-p"));
  {
    await using store = new SessionStore(new FileEngine(place.store, { disk }), { closeEngine: true });
    const told: string[] = [];
    const onFile = ({ sessionId }: { sessionId: string }): void => void told.push(sessionId);
    await syncSessions(store, { env, packAfterMs: 7 * DAY, onFile });
    // In the order of the files.
    expect(told).toEqual(source.map((name) => name.slice(0, 36)).sort());
    expect(disk.directorySyncs).toBeLessThan(20);
    await using single = new SessionStore(join(place.home, "single"));
    await syncSessions(single, { env });
    expect(await contents(store)).toEqual(await contents(single));
  }
  const bytes = (folder: string, names: readonly string[]): number =>
    names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const journals = readdirSync(place.store).filter((name) => name.startsWith("aaaaaaaa"));
  expect(journals).toHaveLength(100);
  const taken = bytes(place.store, journals);
  expect(taken).toBeLessThan(bytes(join(place.home, ".claude/projects/-p"), source) / 2);
  expect(run(place.store, "doctor").code).toBe(0);
});

test("files of one session, one after the other, become what they become one by one", async () => {
  // A copy elsewhere, a longer one, and one that goes another way.
  const lines = (prompts: readonly string[]): string =>
    prompts.map((prompt, index) => claudeLine(id(1), index, prompt)).join("");
  place.write(`.claude/projects/-a/${id(1)}.jsonl`, lines(["one"]));
  place.write(`.claude/projects/-b/${id(1)}.jsonl`, lines(["one", "two"]));
  place.write(`.claude/projects/-c/${id(1)}.jsonl`, lines(["one", "other"]));
  place.write(`.claude/projects/-d/${id(1)}.jsonl`, lines(["one", "other"]));
  const env = { HOME: place.home };
  await using together = new SessionStore(place.store);
  await using single = new SessionStore("memory:");
  await syncSessions(together, { env, packAfterMs: 0 });
  await syncSessions(single, { env });
  expect(await contents(together)).toEqual(await contents(single));
});

/** A file system without hard links. */
class DiskWithoutLinks extends RealDisk {
  /** Behind the first session that is stored nothing more can be packed. */
  fills = false;
  #isFull = false;

  override async publish(from: string, to: string, step: Step, how?: "link only"): Promise<boolean> {
    if (how === "link only" || this.stat(to) !== undefined) return false;
    await this.rename(from, to, step);
    this.#isFull = this.fills;
    return true;
  }

  override create(path: string, step?: Step): DiskFile {
    if (this.#isFull && this.fills && step === "pack.write")
      throw Object.assign(new Error("ENOSPC: made to fail"), { code: "ENOSPC" });
    return super.create(path);
  }
}

async function stillUnpacked(store: SessionStore): Promise<string[]> {
  const { sessions } = await store.list({});
  return sessions.filter(({ packed }) => packed !== true).map((one) => one.id);
}

test.each([
  ["", RealDisk],
  [" without hard links", DiskWithoutLinks],
])("with two imports at once%s all comes in, and the next one packs what is not", async (_, TheDisk) => {
  for (let count = 1; count <= 20; count++) said(id(count), 30, [`prompt ${count}`, "and more"]);
  const options = { env: { HOME: place.home }, packAfterMs: 7 * DAY };
  const open = (): SessionStore =>
    new SessionStore(new FileEngine(place.store, { disk: new TheDisk() }), { closeEngine: true });
  await using store = open();
  await using other = open();
  await Promise.all([store, other].map((one) => syncSessions(one, options)));
  expect((await store.list({})).sessions).toHaveLength(20);
  // Whoever came second may have unpacked one to learn that it is there.
  await syncSessions(store, options);
  expect(await stillUnpacked(store)).toEqual([]);
});

test("what an import could store and not pack any more, the next one packs", async () => {
  for (let count = 1; count <= 3; count++) said(id(count), 30, [`prompt ${count}`, "and more"]);
  const options = { env: { HOME: place.home }, packAfterMs: 7 * DAY };
  const disk = new DiskWithoutLinks();
  await using store = new SessionStore(new FileEngine(place.store, { disk }), { closeEngine: true });
  disk.fills = true;
  await expect(syncSessions(store, options)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect((await store.list({})).sessions).toHaveLength(3);
  disk.fills = false;
  await syncSessions(store, options);
  expect(await stillUnpacked(store)).toEqual([]);
  expect((await store.list({})).sessions).toHaveLength(3);
});
