import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import { installedPostgres, TestServer } from "../server.ts";
import { Crew } from "./crew.ts";
import { installedPooler, Pooler } from "./pooler.ts";

const ROUNDS = 10;
const PATIENCE = 2000;

describe.skipIf(installedPostgres() === undefined || installedPooler() === undefined)(
  "a pooler between",
  () => {
    let server: TestServer;
    let pooler: Pooler;
    beforeAll(async () => {
      server = await TestServer.start({ fsync: "off" });
      pooler = await Pooler.start(server);
    });
    afterAll(async () => {
      await pooler.dispose();
      await server.dispose();
    });

    for (const params of ["prepare=false", "prepare=true"]) {
      test(`${params}: connections ended, the server and the pooler killed, ten times each`, async () => {
        const tenant = params.replace("=", "-");
        const open = (patience = PATIENCE): PostgresEngine =>
          new PostgresEngine({ url: `${pooler.url}?${params}`, tenant, connections: 6, patience });
        const crew = new Crew({ engines: [open(), open()], patience: PATIENCE });
        await crew.start();
        for (let round = 0; round < 3 * ROUNDS; round++) {
          if (round % 3 === 0) {
            server.sql(
              "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
            );
          } else if (round % 3 === 1) {
            await server.stop("kill");
            await server.launch();
          } else {
            await pooler.stop();
            await sleep(100);
            await pooler.launch();
          }
          await crew.progress(1);
        }
        const reader = open(30_000);
        await crew.stop(reader);
        await reader.close();
        crew.assertRight(`pgbouncer, ${params}, ${3 * ROUNDS} rounds`);
      });
    }
  },
);
