import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemoryEngine, Message, SessionStore, type StorageEngine } from "../../src/index.ts";
import type { Overview, SearchResult, SessionList } from "../../src/viewer/shapes.ts";
import type { Viewer } from "../../src/viewer.ts";
import { temporaryDirectory } from "../index/temporary-directory.ts";
import { getJson, saved, viewerOf } from "./sample-store.ts";

/** Counts what is read of a store. */
class CountingEngine extends MemoryEngine {
  /** How many sessions were listed. */
  listed = 0;
  /** Of how many sessions the summary was asked for. */
  summaries = 0;

  override async list(...args: Parameters<MemoryEngine["list"]>): ReturnType<MemoryEngine["list"]> {
    const page = await super.list(...args);
    this.listed += page.sessions.length;
    return page;
  }

  override async summary(...args: Parameters<MemoryEngine["summary"]>): ReturnType<MemoryEngine["summary"]> {
    this.summaries++;
    return await super.summary(...args);
  }
}

/** Says that something has changed, and not what: as a directory of which the kernel does not tell. */
class VagueEngine extends MemoryEngine {
  override async *changes(...args: Parameters<StorageEngine["changes"]>): AsyncGenerator<undefined> {
    for await (const _ of super.changes(...args)) yield undefined;
  }
}

const asked = [Message.user("How far is it?"), Message.assistant("Far.")];
const ALL = ["sessions?", "sessions?order=created&state=current&state=archived", "overview?subagents=1"];
const NARROWED = ["sessions?tag=sky&source=codex", "sessions?state=held", "sessions?q=moon&subagents=1"];

/** As a viewer answers that has read nothing yet; the bytes may grow meanwhile, by what a store does afterwards. */
async function expectAsAnew(store: SessionStore, viewer: Viewer): Promise<void> {
  for (const query of [...ALL, ...NARROWED]) {
    const [kept, anew] = [await textOf(viewer, query), await textOf(viewerOf(store), query)];
    expect(kept, query).toBe(anew);
  }
}

async function textOf(viewer: Viewer, query: string): Promise<string> {
  return JSON.stringify(await getJson<unknown>(viewer, `/api/${query}`)).replaceAll(/"bytes":\d+/g, "");
}

describe("rows that are kept", () => {
  test("pages, facets, the overview and what is found are answered from one reading", async () => {
    const engine = new CountingEngine();
    await using store = new SessionStore(engine, { closeEngine: true });
    const viewer = viewerOf(store);
    for (let index = 0; index < 600; index++)
      await saved(store, asked, { title: `Moon ${index}`, source: index % 3 === 0 ? "codex" : "pi" });
    const first = await getJson<SessionList>(viewer, "/api/sessions");
    expect(engine.listed).toBe(600);
    const cursor = encodeURIComponent(first.cursor ?? "");
    const second = await getJson<SessionList>(viewer, `/api/sessions?cursor=${cursor}`);
    expect(second).toMatchObject({ total: 600, facets: first.facets });
    expect((await getJson<SessionList>(viewer, "/api/sessions?source=codex")).total).toBe(200);
    expect((await getJson<Overview>(viewer, "/api/overview")).total).toBe(600);
    expect((await getJson<SearchResult>(viewer, "/api/search?q=far")).more).toBe(300);
    // Each looks at a few that changed last, and none at all others.
    expect(engine.listed).toBeLessThan(600 + 5 * 100);
    expect(engine.summaries).toBe(0);
  });

  test("whatever another process does is in the next answer", { timeout: 60_000 }, async () => {
    using directory = temporaryDirectory();
    await using store = new SessionStore(directory.path);
    await using other = new SessionStore(directory.path);
    const viewer = viewerOf(store);
    const ids: string[] = [];
    for (let index = 0; index < 70; index++)
      ids.push(
        await saved(other, asked, { title: `Moon ${index}`, source: index % 2 === 0 ? "codex" : "pi" }),
      );
    await getJson<SessionList>(viewer, "/api/sessions");
    const [one = "", two = "", three = "", four = "", five = ""] = ids;
    const steps: (() => Promise<unknown>)[] = [
      () => other.organize(one, { title: "Mars", addTags: ["sky"] }),
      () => other.organize(two, { archived: true }),
      () => other.delete(three),
      () => other.delete(four, { trash: true }),
      () => other.restore(four),
      () => other.fork(five),
      () => saved(other, asked, { title: "Moon's helper", parentId: one }),
      () => other.append(five, [Message.user("Really?")]),
      // More than are compared with what is known.
      async () => {
        for (const id of ids.slice(5)) await other.organize(id, { addTags: ["sky"] });
      },
      async () => {
        for (const id of ids.slice(5, 65)) await other.delete(id);
      },
    ];
    for (const step of steps) {
      await step();
      await expectAsAnew(store, viewer);
    }
  });

  test("who holds a session is told, and that nobody does any more", async () => {
    using directory = temporaryDirectory();
    await using store = new SessionStore(directory.path);
    await using other = new SessionStore(directory.path);
    const viewer = viewerOf(store);
    const id = await saved(other, asked, { title: "Moon" });
    const held = async () => (await getJson<SessionList>(viewer, "/api/sessions?state=held")).total;
    expect(await held()).toBe(0);
    const lease = await other.lease(id, { by: "agent" });
    expect(await held()).toBe(1);
    // Others have changed last.
    for (let index = 0; index < 60; index++) await saved(other, asked);
    expect(await held()).toBe(1);
    await lease.release();
    expect(await held()).toBe(0);
  });

  test("one that can no longer be read has no row, and is named", async () => {
    using directory = temporaryDirectory();
    await using store = new SessionStore(directory.path);
    const viewer = viewerOf(store);
    const id = await saved(store, asked, { title: "Moon" });
    await saved(store, asked, { title: "Mars" });
    expect((await getJson<SessionList>(viewer, "/api/sessions")).total).toBe(2);
    await store.checkpoint(id);
    for (const file of [`${id}.journal.jsonl`, `${id}.json`])
      writeFileSync(join(directory.path, file), "nothing like it\n");
    await expectAsAnew(store, viewer);
    const { sessions, total, unreadable } = await getJson<SessionList>(viewer, "/api/sessions");
    expect(sessions.map(({ title }) => title)).toEqual(["Mars"]);
    expect([total, unreadable.length]).toEqual([1, 1]);
  });

  test("where a store only says that something has changed, all is read again", async () => {
    await using store = new SessionStore(new VagueEngine(), { closeEngine: true });
    const viewer = viewerOf(store);
    const ids = [await saved(store, asked, { title: "Moon" }), await saved(store, asked, { title: "Mars" })];
    await expectAsAnew(store, viewer);
    await store.delete(ids[0] ?? "");
    await expectAsAnew(store, viewer);
  });
});
