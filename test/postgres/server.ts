import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  appendFileSync,
  readFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The folder of an installed PostgreSQL's programs, `undefined` on a machine without. */
export function installedPostgres(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  return folders.find((folder) =>
    ["initdb", "postgres", "pg_basebackup"].every((name) => existsSync(join(folder, name))),
  );
}

/** A server that a test starts, kills and starts again; all data in one folder under the system's temporary one. */
export class TestServer {
  readonly port: number;
  readonly folder: string;
  readonly #bin: string;
  #process: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.folder = folder;
    this.port = port;
  }

  /** Makes a database cluster and starts it. */
  static async start(settings: Record<string, string> = {}, parent = tmpdir()): Promise<TestServer> {
    const server = await TestServer.#make(parent);
    server.#run("initdb", [
      "-D",
      server.data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ]);
    server.configure({ listen_addresses: "'127.0.0.1'", unix_socket_directories: "''", ...settings });
    await server.launch();
    return server;
  }

  /** A server that is to be made a standby; it has a port, but runs not yet. */
  static async reserve(): Promise<TestServer> {
    return await TestServer.#make(tmpdir());
  }

  /** Becomes a streaming standby of `primary`, whatever it was before, and starts. */
  async becomeStandby(
    primary: TestServer,
    name: string,
    settings: Record<string, string> = {},
  ): Promise<void> {
    await this.stop("kill");
    rmSync(this.data, { recursive: true, force: true });
    const from = sourceOf(primary, name);
    this.#run("pg_basebackup", [
      "-D",
      this.data,
      "-d",
      from,
      "-R",
      "-X",
      "stream",
      "-c",
      "fast",
      "--no-sync",
    ]);
    this.configure({ primary_conninfo: `'${from}'`, ...settings });
    await this.launch();
  }

  /** A running standby goes on with another primary. */
  follow(primary: TestServer, name: string): void {
    this.sql(`alter system set primary_conninfo = '${sourceOf(primary, name)}'`);
    this.sql("select pg_reload_conf()");
  }

  static async #make(parent: string): Promise<TestServer> {
    const bin = installedPostgres();
    if (bin === undefined) throw new Error("no PostgreSQL is installed");
    const folder = mkdtempSync(join(parent, "astrid-postgres-"));
    const owner = unprivileged();
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
    return new TestServer(bin, folder, await freePort());
  }

  get data(): string {
    return join(this.folder, "data");
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Gives a file to whoever the server runs as, and to nobody else. */
  own(path: string): void {
    const owner = unprivileged();
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    chmodSync(path, 0o600);
  }

  configure(settings: Record<string, string>): void {
    const lines = Object.entries({ ...settings, port: String(this.port) }).map(
      ([name, value]) => `${name} = ${value}\n`,
    );
    appendFileSync(join(this.data, "postgresql.conf"), lines.join(""));
  }

  /** Starts the server and waits until it answers. */
  async launch(): Promise<void> {
    const [command, args] = asOwner(join(this.#bin, "postgres"), ["-D", this.data]);
    const child = spawn(command, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-10_000)));
    this.#process = child;
    this.#ended = new Promise((resolve) => child.once("exit", resolve));
    for (let tries = 0; tries < 600; tries++) {
      if (child.exitCode !== null) throw new Error(`postgres ended: ${log}`);
      if (
        spawnSync(join(this.#bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(this.port)])
          .status === 0
      )
        return;
      await sleep(50);
    }
    throw new Error(`postgres does not answer: ${log}`);
  }

  /** Ends the server: `fast` lets it finish, `kill` is the loss of the machine's processes. */
  async stop(how: "fast" | "kill" = "fast"): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    this.#process = undefined;
    if (how === "fast") process.kill(child.pid, "SIGINT");
    else await killTree(child.pid);
    await this.#ended;
  }

  /** The processes of the server. */
  pids(): number[] {
    const pid = this.#process?.pid;
    return pid === undefined ? [] : [pid, ...childrenOf(pid)];
  }

  /** Sends a signal to the server's processes whose title contains `title`. @returns how many there were. */
  signal(title: string, name: NodeJS.Signals): number {
    const found = this.pids().filter((pid) => titleOf(pid).includes(title));
    for (const pid of found) signal(pid, name);
    return found.length;
  }

  /** Makes a standby the primary. */
  promote(): void {
    this.#run("pg_ctl", ["promote", "-D", this.data, "-w", "-t", "30"]);
  }

  /** Runs SQL beside the clients under test, by psql; returns the first column, line by line. */
  sql(text: string): string[] {
    const output = this.program("psql", ["-AtqX", "-c", text, this.url]);
    return output.split("\n").filter((line) => line !== "");
  }

  /** Runs SQL by psql while the test goes on; resolves when psql has ended, however it ended. */
  async background(text: string): Promise<void> {
    const psql = spawn(join(this.#bin, "psql"), ["-AtqX", "-c", text, this.url], { stdio: "ignore" });
    await new Promise((resolve) => psql.once("close", resolve));
  }

  /** Runs a file of `sql/` by psql, as the documentation says. @param user who runs it. */
  file(name: string, variables: Readonly<Record<string, string>>, user = "postgres"): string {
    const path = fileURLToPath(new URL(`../../sql/${name}`, import.meta.url));
    const set = Object.entries(variables).flatMap(([key, value]) => ["-v", `${key}=${value}`]);
    const url = this.url.replace("postgres@", `${user}@`);
    return this.program("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...set, "-f", path, url]);
  }

  /** Runs one of PostgreSQL's programs and returns what it prints. */
  program(name: string, args: readonly string[]): string {
    return execFileSync(join(this.#bin, name), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  async dispose(): Promise<void> {
    await this.stop("kill");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(name: string, args: readonly string[]): void {
    const [command, all] = asOwner(join(this.#bin, name), args);
    execFileSync(command, all, { stdio: ["ignore", "ignore", "pipe"], cwd: "/" });
  }
}

function sourceOf(primary: TestServer, name: string): string {
  return `host=127.0.0.1 port=${primary.port} user=postgres application_name=${name}`;
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => /^(postgres|nobody):/.test(entry));
  const [, , uid = "65534", gid = "65534"] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** Runs a program as whoever the servers run as. */
export function asOwner(command: string, args: readonly string[]): [string, string[]] {
  const owner = unprivileged();
  if (owner === undefined) return [command, [...args]];
  return ["setpriv", [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups", command, ...args]];
}

function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task/${pid}/children`;
  return existsSync(tasks) ? readFileSync(tasks, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

/** Ends a process and its children, and waits for these: as long as one is there, the server cannot start again. */
async function killTree(pid: number): Promise<void> {
  // So that it makes no more of them meanwhile.
  signal(pid, "SIGSTOP");
  const children = childrenOf(pid);
  for (const each of [pid, ...children]) signal(each, "SIGKILL");
  while (children.some((each) => titleOf(each) !== "")) await sleep(5);
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error()),
      );
    });
  });
}
