import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { Cluster, Writer } from "./cluster.ts";
import type { Line } from "./fail-over-writer.ts";
import { installedPostgres } from "./server.ts";

type Acknowledged = Extract<Line, { kind: "acknowledged" }>;

const WRITERS = ["one", "two", "three"];

function acknowledged(writers: readonly Writer[]): Acknowledged[] {
  return writers.flatMap(({ lines }) => lines.filter((line) => line.kind === "acknowledged"));
}

/** Starts writers on a new shared session and waits until all of them write. */
async function startWriters(cluster: Cluster): Promise<Writer[]> {
  const engine = new PostgresEngine({ url: cluster.url, connections: 1 });
  const shared = newSessionId();
  await engine.commit(shared, { base: 0 });
  await engine.close();
  const writers = WRITERS.map((name) => new Writer(cluster.url, name, shared));
  while (writers.some(({ lines }) => lines.length < 10)) await sleep(20);
  return writers;
}

/** What is stored of the sessions that were written, by session and revision. */
async function storedTexts(url: string, ids: ReadonlySet<SessionId>): Promise<Map<string, unknown>> {
  const engine = new PostgresEngine({ url, connections: 2 });
  const texts = new Map<string, unknown>();
  for (const id of ids) {
    let revision = 0;
    for await (const commit of engine.commits(id, 0)) {
      revision++;
      assert.equal(commit.revision, revision, "a gap in the revisions");
      for (const message of commit.splice?.[2] ?? []) texts.set(`${id} ${revision}`, message.content);
    }
    const session = await engine.read(id);
    assert.equal(session?.revision, revision);
    const contents = session?.messages.map(({ content }) => content) ?? [];
    assert.equal(new Set(contents).size, contents.length, "a message is there twice");
    assert.equal((await engine.verify(id)).state, "ok");
  }
  await engine.close();
  return texts;
}

describe.skipIf(installedPostgres() === undefined)("fail-over of three servers", () => {
  test("synchronous: five primaries killed, nothing acknowledged is lost, nothing is there twice", async () => {
    const cluster = await Cluster.start(true);
    try {
      const writers = await startWriters(cluster);
      for (let round = 0; round < 5; round++) {
        await sleep(1500);
        const before = acknowledged(writers).length;
        await cluster.failOver();
        const deadline = Date.now() + 20_000;
        while (acknowledged(writers).length < before + 50 && Date.now() < deadline) await sleep(20);
        assert.ok(acknowledged(writers).length >= before + 50, "the writers did not come back");
      }
      await Promise.all(writers.map((writer) => writer.stop()));
      const lines = acknowledged(writers);
      const failed = writers.flatMap(({ lines: all }) => all.filter(({ kind }) => kind === "failed"));
      assert.deepEqual(failed, []);
      const stored = await storedTexts(cluster.url, new Set(lines.map(({ id }) => id)));
      const lost = lines.filter(({ id, revision, text }) => stored.get(`${id} ${revision}`) !== text);
      console.log(
        `synchronous: ${lost.length} of ${lines.length} acknowledged commits lost; gaps ${gaps(lines)}`,
      );
      assert.deepEqual(lost, []);
      // What is stored beyond that was never answered; the writers ended well, so there is no such commit.
      assert.equal(stored.size, lines.length);
    } finally {
      await cluster.dispose();
    }
  });

  test("control: asynchronous, and the standbys cut off before the kill: the test can see a loss", async () => {
    const cluster = await Cluster.start(false);
    try {
      const writers = await startWriters(cluster);
      await sleep(500);
      assert.equal(cluster.primary.signal("walsender", "SIGSTOP"), 2);
      await sleep(300);
      await cluster.failOver();
      await sleep(1000);
      await Promise.all(writers.map((writer) => writer.stop()));
      const engine = new PostgresEngine({ url: cluster.url, connections: 1 });
      const there = new Set<unknown>();
      const lines = acknowledged(writers);
      for (const id of new Set(lines.map((line) => line.id))) {
        for (const { content } of (await engine.read(id))?.messages ?? []) there.add(content);
      }
      await engine.close();
      const lost = lines.filter(({ text }) => !there.has(text));
      console.log(`control: ${lost.length} of ${lines.length} acknowledged commits lost`);
      assert.ok(lost.length > 0, "nothing was lost, so the other test proves nothing");
    } finally {
      await cluster.dispose();
    }
  });
});

/** The longest pauses between two acknowledgements, in milliseconds. */
function gaps(lines: readonly Acknowledged[]): string {
  const times = lines.map(({ at }) => at).sort((a, b) => a - b);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return pauses
    .sort((a, b) => b - a)
    .slice(0, 5)
    .map((pause) => `${pause} ms`)
    .join(", ");
}
