import { randomUUID } from "node:crypto";
import { newSessionId, type Message } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { importPeer } from "../harness/peer.ts";
import { ratioOf, spreadOf } from "../harness/statistics.ts";
import { turns, type Turn } from "../workload/turns.ts";
import { guardedRows, rowPerMessage, type Store, type Writing } from "./hand-written.ts";
import { withServer } from "./with-server.ts";

const OURS = "astrid-sessions";
const UNSEARCHED = "astrid-sessions, search off";
const ROWS = "a hand-written row per message";
const GUARDED = "hand-written rows that refuse who is late, with history and list";
const LANGGRAPH = "LangGraph PostgresSaver, one put a turn";
const WRITERS = [1, 8, 64];
/** Messages that each session has at the beginning: none, and as many as half of all sessions have. */
const LENGTHS = [0, 155];
const CONNECTIONS = 16;
const MOST_WRITERS = Math.max(...WRITERS);

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
      [OURS, (place, begun) => ours(place, begun, true)],
      [UNSEARCHED, (place, begun) => ours(place, begun, false)],
      [ROWS, (place, begun) => rowPerMessage(place, begun, MOST_WRITERS, CONNECTIONS)],
      [GUARDED, (place, begun) => guardedRows(place, begun, MOST_WRITERS, CONNECTIONS)],
      [LANGGRAPH, langGraph],
    ];
    const data = turns(512, 7);
    const { blocks, milliseconds } = quick
      ? { blocks: 1, milliseconds: 200 }
      : // Longer than a commit waits for its words to be indexed, so that this is measured too.
        { blocks: 5, milliseconds: 2500 };
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
      for (const name of [ROWS, GUARDED]) {
        const found = samples.get(name);
        if (found === undefined) continue;
        const { median } = ratioOf(found, baseline);
        report.atLeast(`PostgreSQL: turns per second ÷ ${name}, ${of}`, median, 0.8);
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

async function ours(url: string, begun: Turn, search: boolean): Promise<Writing> {
  const engine = new PostgresEngine({ url, connections: CONNECTIONS, search });
  const sessions = Array.from({ length: MOST_WRITERS }, () => ({ id: newSessionId(), revision: 1 }));
  await Promise.all(sessions.map(({ id }) => engine.commit(id, { base: 0, splice: ["end", 0, begun] })));
  // What the sessions begin with is not indexed while turns are measured.
  if (search) await engine.search({ text: "anything" });
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
