import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { checkFight, Fighter } from "../../src/conformance/processes/lease-fight.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { Cluster } from "./cluster.ts";
import { installedPostgres } from "./server.ts";

const FAIL_OVERS = 3;

describe.skipIf(installedPostgres() === undefined)("a lease through fail-overs", () => {
  test("eight processes fight for it while primaries are killed: no two of them write at once", async () => {
    const cluster = await Cluster.start(true);
    const fighters: Fighter[] = [];
    try {
      const engine = new PostgresEngine({ url: cluster.url, connections: 2 });
      const id = newSessionId();
      await engine.commit(id, { base: 0 });
      const job = {
        opener: new URL("opener.ts", import.meta.url).href,
        location: `${cluster.url}?connections=2&leaseDuration=3000`,
        ...{ sessionId: id, leases: 1_000_000, commits: 5 },
      };
      for (let index = 0; index < 8; index++)
        fighters.push(new Fighter({ ...job, name: `fighter ${index}`, takesOver: index < 2 }));
      const stored = (): number =>
        fighters.flatMap(({ lines }) => lines.filter(({ kind }) => kind === "stored")).length;
      const untilStored = async (count: number): Promise<void> => {
        while (stored() < count) {
          for (const { child, name } of fighters) assert.equal(child.errors, "", name);
          await sleep(50);
        }
      };
      await untilStored(50);
      for (let round = 0; round < FAIL_OVERS; round++) {
        await cluster.failOver();
        await untilStored(stored() + 50);
      }
      await Promise.all(fighters.map(({ child }) => child.kill()));
      console.log(`${stored()} commits under leases, ${FAIL_OVERS} fail-overs`);
      await checkFight(engine, id, fighters, fighters);
      await engine.close();
    } finally {
      await Promise.all(fighters.map(({ child }) => child.kill()));
      await cluster.dispose();
    }
  });
});
