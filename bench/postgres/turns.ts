// Turns per second of 1, 8 and 64 writers, each on a session of its own that grows: ours, a hand-written row per
// message, and LangGraph's PostgresSaver (@langchain/langgraph-checkpoint-postgres, beside this file or in the folder
// that PEERS names), on one server, all waiting for its disk.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { Message, newSessionId } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { TestServer } from "../../test/postgres/server.ts";
import { throughput } from "./measure.ts";

const MILLISECONDS = Number(process.argv[2] ?? 4000);
const TEXT = "The session keeps every message that the agent and its user exchanged, in order. ";
const CONNECTIONS = 16;

interface Saver {
  setup(): Promise<void>;
  put(config: object, checkpoint: object, metadata: object, versions: object): Promise<object>;
  end(): Promise<void>;
}

type Turn = (worker: number, n: number) => Promise<unknown>;

function turn(n: number): Message[] {
  return [Message.user(`${n} ${TEXT.repeat(6)}`), Message.assistant(`${n} ${TEXT.repeat(18)}`)];
}

function ours(url: string): { work: Turn; close: () => Promise<void> } {
  const engine = new PostgresEngine({ url, connections: CONNECTIONS });
  const ids = Array.from({ length: 64 }, () => newSessionId());
  const revisions = ids.map(() => 0);
  const work: Turn = async (worker, n) => {
    const id = ids[worker] ?? newSessionId();
    const { revision } = await engine.commit(id, {
      base: revisions[worker] ?? 0,
      splice: ["end", 0, turn(n)],
    });
    revisions[worker] = revision;
  };
  return { work, close: () => engine.close() };
}

async function rows(url: string): Promise<{ work: Turn; close: () => Promise<void> }> {
  const sql = postgres(url, { max: CONNECTIONS, fetch_types: false, onnotice: () => undefined });
  const table = `rows_${randomUUID().replaceAll("-", "")}`;
  await sql.unsafe(`create table ${table} (session uuid, n bigint, body text, primary key (session, n))`);
  const ids = Array.from({ length: 64 }, () => randomUUID());
  const next = ids.map(() => 0);
  const work: Turn = async (worker) => {
    const n = next[worker] ?? 0;
    next[worker] = n + 1;
    const [user, assistant] = turn(n).map((message) => JSON.stringify(message));
    const values = [ids[worker] ?? "", String(2 * n), user ?? "", String(2 * n + 1), assistant ?? ""];
    await sql.unsafe(`insert into ${table} values ($1, $2, $3), ($1, $4, $5)`, values, { prepare: true });
  };
  return { work, close: () => sql.end() };
}

async function langGraph(url: string): Promise<{ work: Turn; close: () => Promise<void> } | undefined> {
  const resolve = createRequire(`${process.env["PEERS"] ?? import.meta.dirname}/`);
  const load = async (name: string): Promise<unknown> =>
    await import(pathToFileURL(resolve.resolve(name)).href);
  let modules: [{ PostgresSaver: { fromConnString(url: string): Saver } }, { uuid6(clock: number): string }];
  try {
    modules = [
      (await load("@langchain/langgraph-checkpoint-postgres")) as (typeof modules)[0],
      (await load("@langchain/langgraph-checkpoint")) as (typeof modules)[1],
    ];
  } catch (error) {
    console.log(`SKIPPED: LangGraph: ${String(error).split("\n")[0] ?? ""}`);
    return undefined;
  }
  const [{ PostgresSaver }, { uuid6 }] = modules;
  const saver = PostgresSaver.fromConnString(url);
  await saver.setup();
  const states = Array.from({ length: 64 }, (): { config: object; messages: Message[]; version: number } => ({
    config: { configurable: { thread_id: randomUUID(), checkpoint_ns: "" } },
    messages: [],
    version: 0,
  }));
  const work: Turn = async (worker, n) => {
    const state = states[worker];
    if (state === undefined) return;
    state.messages.push(...turn(n));
    state.version++;
    const checkpoint = {
      ...{ v: 4, id: uuid6(state.version), ts: new Date().toISOString(), versions_seen: {} },
      channel_values: { messages: state.messages },
      channel_versions: { messages: state.version },
    };
    const metadata = { source: "loop", step: state.version, parents: {} };
    state.config = await saver.put(state.config, checkpoint, metadata, { messages: state.version });
  };
  return { work, close: () => saver.end() };
}

const server = await TestServer.start({ max_connections: "200" });
for (const workers of [1, 8, 64]) {
  const contenders = {
    ours: ours(server.url),
    "a row per message": await rows(server.url),
    LangGraph: await langGraph(server.url),
  };
  const results = new Map<string, number>();
  for (const [name, contender] of Object.entries(contenders)) {
    if (contender === undefined) continue;
    await throughput(workers, 500, contender.work);
    const { perSecond, median, p99 } = await throughput(workers, MILLISECONDS, contender.work);
    await contender.close();
    results.set(name, perSecond);
    console.log(
      `${workers} writers, ${name}: ${perSecond.toFixed(0)} turns/s, ${median.toFixed(2)} ms, p99 ${p99.toFixed(1)}`,
    );
  }
  const own = results.get("ours") ?? NaN;
  for (const [name, rate] of results)
    if (name !== "ours") console.log(`  ours ÷ ${name}: ${(own / rate).toFixed(2)}`);
}
await server.dispose();
