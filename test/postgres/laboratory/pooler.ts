import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asOwner, freePort, type TestServer } from "../server.ts";

/** Where pgbouncer is, `undefined` on a machine without. */
export function installedPooler(): string | undefined {
  return ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => existsSync(path));
}

/** A pgbouncer in front of a server: each transaction may get another connection. */
export class Pooler {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  static async start(server: TestServer): Promise<Pooler> {
    const folder = mkdtempSync(join(tmpdir(), "astrid-pooler-"));
    const pooler = new Pooler(folder, await freePort());
    const settings = {
      ...{ listen_addr: "127.0.0.1", listen_port: pooler.port, unix_socket_dir: "", auth_type: "any" },
      ...{ pool_mode: "transaction", default_pool_size: 4, max_client_conn: 200, server_login_retry: 0.2 },
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const databases = `[databases]\npostgres = host=127.0.0.1 port=${server.port} user=postgres\n`;
    writeFileSync(join(folder, "pgbouncer.ini"), `${databases}[pgbouncer]\n${lines.join("\n")}\n`);
    chmodSync(folder, 0o755);
    await pooler.launch();
    return pooler;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async launch(): Promise<void> {
    const [command, args] = asOwner(installedPooler() ?? "", ["-q", join(this.#folder, "pgbouncer.ini")]);
    this.#process = spawn(command, args, { stdio: "ignore" });
    for (let tries = 0; tries < 200; tries++) {
      const socket = connect(this.port, "127.0.0.1");
      const isThere = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isThere) return;
      await sleep(50);
    }
    throw new Error("pgbouncer does not answer");
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
