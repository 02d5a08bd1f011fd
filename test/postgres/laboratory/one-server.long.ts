import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import { describeWithServer } from "../postgres.ts";
import { TestServer } from "../server.ts";
import { Crew, type CrewOptions } from "./crew.ts";
import { Proxy } from "./proxy.ts";

const ROUNDS = 10;
const PATIENCE = 1500;

describeWithServer("one server in trouble, under writers, readers, watchers and searchers", () => {
  let server: TestServer;
  let proxy: Proxy;
  const errors: unknown[] = [];
  const note = (error: unknown): void => void errors.push(error);
  beforeAll(async () => {
    // Its processes are killed, not the machine: what was flushed to the system is there.
    server = await TestServer.start({ fsync: "off", max_connections: "200", restart_after_crash: "off" });
    proxy = await Proxy.start(() => server.port);
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
  });
  afterAll(async () => {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    proxy.close();
    await server.dispose();
  });

  function url(): string {
    return server.url.replace(String(server.port), String(proxy.port));
  }

  /** Runs rounds of trouble under a crew of its own, and compares everything in the end. */
  async function rounds(
    what: string,
    trouble: (crew: Crew, round: number) => Promise<void>,
    more: Partial<CrewOptions> = {},
  ): Promise<Crew> {
    const open = (patience = PATIENCE): PostgresEngine =>
      new PostgresEngine({ url: url(), tenant: what, connections: 3, patience });
    const crew = new Crew({ engines: [open(), open()], patience: PATIENCE, ...more });
    await server_is_ready();
    await crew.start();
    for (let round = 0; round < ROUNDS; round++) {
      await trouble(crew, round);
      await crew.progress(1);
    }
    const reader = open(30_000);
    await crew.stop(reader);
    await reader.close();
    crew.assertRight(`${what}, ${ROUNDS} rounds`);
    assert.deepEqual(errors, []);
    return crew;
  }

  async function server_is_ready(): Promise<void> {
    const first = new PostgresEngine({ url: server.url, patience: 30_000 });
    await first.migrate();
    await first.close();
  }

  test("killed and started again", async () => {
    await rounds("killed", async () => {
      await server.stop("kill");
      await server.launch();
    });
  });

  test("shut down and started again", async () => {
    await rounds("restarted", async () => {
      await server.stop("fast");
      await server.launch();
    });
  });

  test("stopped for longer than the patience", async () => {
    await rounds("stopped", async () => {
      server.signal("", "SIGSTOP");
      await sleep(PATIENCE + 500);
      server.signal("", "SIGCONT");
    });
  });

  test("cut off for longer than the patience: packets dropped, nobody told", async () => {
    await rounds("black-holed", async () => {
      proxy.drop();
      await sleep(PATIENCE + 500);
      proxy.restore();
    });
  });

  test("cut off for a moment: what was sent meanwhile never comes", async () => {
    await rounds("cut off", async () => {
      proxy.drop();
      await sleep(100 + Math.random() * 200);
      proxy.restore();
    });
  });

  test("slow, up to longer than the patience", async () => {
    await rounds("slow", async (_, round) => {
      proxy.delay = () => Math.random() * (round % 2 === 0 ? 200 : PATIENCE);
      await sleep(1500);
      proxy.delay = () => 0;
    });
  });

  test("its connections ended at random", async () => {
    await rounds("terminated", async () => {
      for (let n = 0; n < 10; n++) {
        server.sql(
          "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' and random() < 0.4",
        );
      }
    });
  });

  test("its standbys away for longer than the patience", async () => {
    await rounds("standbys away", async () => {
      server.sql("alter system set synchronous_standby_names = 'nobody'");
      server.sql("select pg_reload_conf()");
      await sleep(PATIENCE + 500);
      server.sql("alter system set synchronous_standby_names = ''");
      server.sql("select pg_reload_conf()");
    });
  });

  test("control: without a flush, killed: the crew sees what is lost", async () => {
    server.sql("alter system set wal_writer_delay = '10s'");
    server.sql("select pg_reload_conf()");
    // Nothing else that is written flushes what was written before it.
    const open = (): PostgresEngine =>
      new PostgresEngine({ url: url(), tenant: "control", patience: PATIENCE, search: false });
    let lost = 0;
    // A flush by a removal, or by the server itself, may come just before a kill.
    for (let round = 0; round < 20 && lost === 0; round++) {
      const crew = new Crew({
        ...{ engines: [open()], patience: PATIENCE, durability: "process", searches: false },
      });
      await crew.start();
      await crew.progress(5);
      await server.stop("kill");
      await server.launch();
      const reader = open();
      await crew.stop(reader);
      await reader.close();
      console.log(`control, no flush: ${crew.summary()}`);
      lost = crew.wrong.length;
    }
    assert.ok(lost > 0, "nothing was lost, so the other tests prove nothing");
  });
});
