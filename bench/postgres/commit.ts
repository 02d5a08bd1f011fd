// One commit beside one bare insert of the same bytes, on one connection to one server.
import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { Message, newSessionId } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { TestServer } from "../../test/postgres/server.ts";
import { median, quantile, sideBySide } from "./measure.ts";

const ROUNDS = Number(process.argv[2] ?? 400);
const WORDS = "the session keeps every message that the agent and its user exchanged in order of time".split(
  " ",
);

function text(length: number): string {
  let words = "";
  while (words.length < length)
    words += `${WORDS[Math.floor(Math.random() * WORDS.length)] ?? ""}${Math.random().toString(36).slice(2, 5)} `;
  return words.slice(0, length);
}

const server = await TestServer.start();
const sql = postgres(server.url, { max: 1, fetch_types: false });
await sql.unsafe(
  "create table bare (tenant text, id uuid, n bigint, body text, primary key (tenant, id, n))",
);
const searched = new PostgresEngine({ client: sql });
const plain = new PostgresEngine({ client: sql, search: false });
const ids = { searched: newSessionId(), plain: newSessionId() };
await searched.commit(ids.searched, { base: 0 });
await plain.commit(ids.plain, { base: 0 });
const bareId = randomUUID();
for (const size of [300, 2000, 10_000]) {
  const turns = Array.from({ length: ROUNDS + 40 }, () => [
    Message.user(text(size / 4)),
    Message.assistant(text((size * 3) / 4)),
  ]);
  const turn = (round: number): Message[] => turns[round] ?? [];
  let base = 0;
  const revisions = {
    searched: (await searched.read(ids.searched))?.revision ?? 0,
    plain: (await plain.read(ids.plain))?.revision ?? 0,
  };
  const times = await sideBySide(
    {
      insert: (round) => {
        const body = JSON.stringify(turn(round));
        return sql.unsafe(
          "insert into bare values ($1, $2, $3, $4)",
          ["default", bareId, `${size}${base++}`, body],
          { prepare: true },
        );
      },
      searched: async (round) => {
        const commit = {
          base: revisions.searched++,
          splice: ["end", 0, turn(round)] as const,
          set: { tokenCount: round },
        };
        await searched.commit(ids.searched, commit);
      },
      plain: async (round) => {
        const commit = {
          base: revisions.plain++,
          splice: ["end", 0, turn(round)] as const,
          set: { tokenCount: round },
        };
        await plain.commit(ids.plain, commit);
      },
    },
    ROUNDS,
  );
  const bare = times.get("insert") ?? [];
  for (const [name, values] of times) {
    const ratio = median(values) / median(bare);
    console.log(
      `${size} bytes, ${name}: ${median(values).toFixed(3)} ms (p90 ${quantile(values, 0.9).toFixed(3)}), ${ratio.toFixed(2)} × a bare insert`,
    );
  }
}
await sql.end();
await server.dispose();
