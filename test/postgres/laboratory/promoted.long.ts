import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { PgClient } from "../../../src/engine/postgres/connection/drivers/pg-client.ts";
import { Timeline } from "../../../src/engine/postgres/connection/servers/timeline.ts";
import { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import { describeWithServer } from "../postgres.ts";
import type { TestServer } from "../server.ts";
import { BlindTimeline } from "./blind-timeline.ts";
import { Crew } from "./crew.ts";
import { Pair } from "./pair.ts";

const ROUNDS = 10;
const PATIENCE = 10_000;
/** The goal; what the machine needs beside it is not ours. */
const BACK_WITHIN = 3000;

/** What becomes of the primary before another server is promoted, and how it comes back. */
const FATES: readonly { name: string; leave: (pair: Pair) => void; comeBack: (pair: Pair) => void }[] = [
  {
    name: "stopped",
    leave: (pair) => void pair.primary.signal("", "SIGSTOP"),
    comeBack: (pair) => void pair.standby.signal("", "SIGCONT"),
  },
  {
    name: "black-holed",
    leave: (pair) => pair.proxies.get(pair.primary)?.drop(),
    comeBack: (pair) => pair.proxies.get(pair.standby)?.restore(),
  },
  { name: "still there", leave: () => undefined, comeBack: () => undefined },
];

/** An old primary that waits for nobody: whoever writes to it is told that it is stored. */
function alone(server: TestServer): void {
  appendFileSync(join(server.data, "postgresql.auto.conf"), "synchronous_standby_names = ''\n");
  server.signal("", "SIGHUP");
}

describeWithServer("a standby promoted, and the old primary comes back", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.dispose());

  /** @returns how long it took until something was stored by the new primary. */
  async function promoted(crew: Crew, fate: (typeof FATES)[number]): Promise<number> {
    fate.leave(pair);
    const old = pair.promote();
    const back = await crew.progress(1);
    alone(old);
    fate.comeBack(pair);
    // Whoever uses it now writes what is lost, and reads what is stale.
    await sleep(1500);
    return back;
  }

  test("ten times, stopped, black-holed and still there: nothing lost, nothing stale, and back soon", async () => {
    const open = (patience = PATIENCE): PostgresEngine =>
      new PostgresEngine({ url: pair.url, connections: 3, patience });
    const crew = new Crew({ engines: [open(), open()], patience: PATIENCE });
    await crew.start();
    const pauses: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const fate = FATES[round % FATES.length] as (typeof FATES)[number];
      pauses.push(await promoted(crew, fate));
      await pair.rebuild();
      await crew.progress(2);
    }
    const reader = open(30_000);
    await crew.stop(reader);
    await reader.close();
    crew.assertRight(`promoted, ${ROUNDS} rounds`);
    console.log(`back after ${pauses.map((pause) => `${Math.round(pause)} ms`).join(", ")}`);
    assert.ok(Math.max(...pauses) < BACK_WITHIN, pauses.join(", "));
  });

  /** An old primary comes back and is for a while the only one that can be reached. */
  async function onlyTheOld(timeline: Timeline, until: (crew: Crew) => () => boolean): Promise<Crew> {
    const connections = { connections: 3, prepare: true, connectTimeout: 1000 };
    // The tables are made with a patience that a busy machine does not use up.
    const maker = new PostgresEngine({ url: pair.url, tenant: "control" });
    await maker.migrate();
    await maker.close();
    const clients = [1, 2].map(() => new PgClient(pg, { url: pair.url, ...connections }, timeline));
    const engines = clients.map(
      (client) => new PostgresEngine({ client, tenant: "control", patience: 2000 }),
    );
    const crew = new Crew({ engines, patience: 2000, searches: false });
    await crew.start();
    await promoted(crew, FATES[0] as (typeof FATES)[number]);
    pair.proxies.get(pair.primary)?.drop();
    await crew.until(until(crew));
    pair.proxies.get(pair.primary)?.restore();
    // A writer that was told something wrong has ended.
    if (crew.wrong.length === 0) await crew.progress(1);
    await pair.rebuild();
    const reader = new PostgresEngine({ url: pair.url, tenant: "control" });
    await crew.stop(reader);
    await reader.close();
    await Promise.all(clients.map((client) => client.close()));
    return crew;
  }

  test("while only the old primary can be reached, nobody uses it", async () => {
    const crew = await onlyTheOld(new Timeline(), (crew) => {
      const before = crew.failed;
      // Every writer and reader has looked for a primary and found none.
      return () => crew.failed >= before + 30;
    });
    crew.assertRight("only the old primary");
  });

  test("control: without the check of the timeline the old primary is used again, and the crew sees it", async () => {
    const crew = await onlyTheOld(new BlindTimeline(), (crew) => () => crew.wrong.length > 0);
    console.log(`control, no timeline: ${crew.summary()}`);
    assert.ok(crew.wrong.length > 0, "nothing was lost or stale, so the other test proves nothing");
  });
});
