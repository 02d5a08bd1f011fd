import { randomUUID } from "node:crypto";
import pg from "pg";
import { newSessionId, type Message } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { importPeer } from "../harness/peer.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { turns, type Turn } from "../workload/turns.ts";
import { withServer } from "./with-server.ts";

const OURS = "astrid-sessions";
const ROWS = "a hand-written row per message";
const LANGGRAPH = "LangGraph PostgresSaver, one put a turn";
const WRITERS = [1, 8, 64];
/** Messages that each session has at the beginning: none, and as many as half of all sessions have. */
const LENGTHS = [0, 155];
const CONNECTIONS = 16;
const MOST_WRITERS = Math.max(...WRITERS);

/** Stores the next turn of a writer's session. */
type Store = (writer: number, turn: Turn) => Promise<unknown>;

interface Writing {
  readonly store: Store;
  close(): Promise<void>;
}

interface Thread {
  config: object;
  readonly messages: Message[];
  version: number;
}

interface Saver {
  setup(): Promise<void>;
  put(config: object, checkpoint: object, metadata: object, versions: object): Promise<object>;
  end(): Promise<void>;
}

/** Turns per second of writers that each have a session that grows, on one server that flushes. */
export const postgresTurns = withServer(
  "postgres-turns",
  { max_connections: "200" },
  async ({ report, quick }, url) => {
    const ways: [string, (url: string, begun: Turn) => Promise<Writing>][] = [
      [OURS, ours],
      [ROWS, rowPerMessage],
      [LANGGRAPH, langGraph],
    ];
    const data = turns(512, 7);
    const { blocks, milliseconds } = quick
      ? { blocks: 1, milliseconds: 200 }
      : { blocks: 7, milliseconds: 700 };
    for (const [writers, length] of WRITERS.flatMap((count) => LENGTHS.map((its) => [count, its] as const))) {
      const of = `${writers} writer${writers > 1 ? "s" : ""}, ${length === 0 ? "new sessions" : `sessions of ${length} messages`}`;
      const begun = turns(Math.ceil(length / 2), 3)
        .flat()
        .slice(0, length);
      const samples = new Map<string, number[][]>();
      for (let block = 0; block < blocks; block++) {
        for (let turn = 0; turn < ways.length; turn++) {
          const [name, open] = ways[(turn + block) % ways.length] ?? [];
          if (name === undefined || open === undefined) continue;
          try {
            const writing = await open(url, begun);
            // Fresh sessions in every block; what opens connections and plans statements does not count.
            await timePerTurn(writing.store, writers, data, 100);
            const time = await timePerTurn(writing.store, writers, data, milliseconds);
            await writing.close();
            samples.set(name, [...(samples.get(name) ?? []), [time]]);
          } catch (error) {
            report.skip(name, error);
          }
        }
      }
      const baseline = samples.get(OURS) ?? [];
      for (const [name, found] of samples) {
        report.add({
          row: `PostgreSQL: time per turn of ${of}`,
          ...{ contender: name, survives: "power cut", unit: "ms", baseline: OURS },
          value: spreadOf(found.flat()),
          ratio: ratioOf(found, baseline),
        });
      }
      const rows = samples.get(ROWS);
      if (rows !== undefined) {
        const { median } = ratioOf(rows, baseline);
        report.atLeast(`PostgreSQL: turns per second ÷ hand-written rows, ${of}`, median, 0.8);
      }
      const peer = samples.get(LANGGRAPH);
      if (peer !== undefined) {
        const { median } = ratioOf(peer, baseline);
        report.atLeast(`PostgreSQL: turns per second ÷ LangGraph's saver, ${of}`, median, 3);
      }
    }
  },
);

/** Milliseconds per turn, all writers together. */
async function timePerTurn(
  store: Store,
  writers: number,
  data: readonly Turn[],
  milliseconds: number,
): Promise<number> {
  const begun = performance.now();
  let stored = 0;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; performance.now() - begun < milliseconds; n++, stored++) {
        await store(writer, data[(writer * 31 + n) % data.length] ?? []);
      }
    }),
  );
  return (performance.now() - begun) / stored;
}

async function ours(url: string, begun: Turn): Promise<Writing> {
  const engine = new PostgresEngine({ url, connections: CONNECTIONS });
  const sessions = Array.from({ length: MOST_WRITERS }, () => ({ id: newSessionId(), revision: 1 }));
  await Promise.all(sessions.map(({ id }) => engine.commit(id, { base: 0, splice: ["end", 0, begun] })));
  return {
    async store(writer, turn) {
      const session = sessions[writer];
      if (session === undefined) return;
      const commit = { base: session.revision, splice: ["end", 0, turn] } as const;
      session.revision = (await engine.commit(session.id, commit)).revision;
    },
    close: () => engine.close(),
  };
}

async function rowPerMessage(url: string, begun: Turn): Promise<Writing> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const table = `rows_${randomUUID().replaceAll("-", "")}`;
  await pool.query(`create table ${table} (session uuid, n bigint, body text, primary key (session, n))`);
  const sessions = Array.from({ length: MOST_WRITERS }, () => ({ id: randomUUID(), length: 0 }));
  const writing: Writing = {
    async store(writer, turn) {
      const session = sessions[writer];
      if (session === undefined) return;
      const values = turn.flatMap((message) => [session.id, session.length++, JSON.stringify(message)]);
      const places = turn.map((_, n) => `($${3 * n + 1}, $${3 * n + 2}, $${3 * n + 3})`).join(", ");
      const text = `insert into ${table} values ${places}`;
      // A statement with a name is planned once per connection.
      await pool.query({ name: `insert ${table} ${turn.length}`, text, values });
    },
    close: () => pool.end(),
  };
  if (begun.length > 0) await Promise.all(sessions.map((_, writer) => writing.store(writer, begun)));
  return writing;
}

async function langGraph(url: string, begun: Turn): Promise<Writing> {
  const { PostgresSaver, uuid6 } = {
    ...((await importPeer("@langchain/langgraph-checkpoint-postgres")) as object),
    ...((await importPeer("@langchain/langgraph-checkpoint")) as object),
  } as { PostgresSaver: { fromConnString(url: string): Saver }; uuid6: (clock: number) => string };
  const saver = PostgresSaver.fromConnString(url);
  await saver.setup();
  const threads = Array.from({ length: MOST_WRITERS }, (): Thread => ({
    config: { configurable: { thread_id: randomUUID(), checkpoint_ns: "" } },
    messages: [],
    version: 0,
  }));
  const writing: Writing = {
    async store(writer, turn) {
      const thread = threads[writer];
      if (thread === undefined) return;
      thread.messages.push(...turn);
      thread.version++;
      const checkpoint = {
        ...{ v: 4, id: uuid6(thread.version), ts: new Date().toISOString(), versions_seen: {} },
        channel_values: { messages: thread.messages },
        channel_versions: { messages: thread.version },
      };
      const metadata = { source: "loop", step: thread.version, parents: {} };
      thread.config = await saver.put(thread.config, checkpoint, metadata, { messages: thread.version });
    },
    close: () => saver.end(),
  };
  await Promise.all(threads.map((_, writer) => writing.store(writer, begun)));
  return writing;
}
