import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import type { TestServer } from "./server.ts";

export interface LargeStore {
  readonly schema: string;
  readonly tenant: string;
  readonly sessions: number;
}

/** Of all sessions of a large store, so many are of what is called rare. */
export const RARE = 20;

/**
 * Fills a tenant with copies of one session, by SQL, as many as are asked for. Half of them are of the common user,
 * model, tag and workspace; `RARE` are of the rare ones. Each has one message, "common ordinal<n>", which is indexed.
 */
export async function fillStore(server: TestServer, { schema, tenant, sessions }: LargeStore): Promise<void> {
  const engine = new PostgresEngine({ url: server.url, schema, tenant, connections: 1 });
  const id = newSessionId();
  await engine.commit(id, {
    base: 0,
    splice: ["end", 0, [Message.user("common ordinal0")]],
    side: { list: [1] },
  });
  await engine.search({ text: "common" });
  await engine.close();
  const columns = (table: string, replaced: Record<string, string>): string => {
    const names = server.sql(
      `select attname from pg_attribute where attrelid = '${schema}.${table}'::regclass and attnum > 0 and not attisdropped order by attnum`,
    );
    return `insert into ${schema}.${table} (${names.join(", ")})
      select ${names.map((name) => replaced[name] ?? `t.${name}`).join(", ")}
      from ${schema}.${table} t, generate_series(1, ${sessions}) as copy(n)
      where t.tenant = '${tenant}' and t.life = (select life from ${schema}.sessions where tenant = '${tenant}' and id = '${id}')`;
  };
  const key = (salt: string): string => `md5('${salt}${tenant}' || n)::uuid`;
  const life = key("life");
  // The newest are at both ends of the table, so that it is in no order that helps.
  const ms = `1700000000000 + ((n::bigint * 7919) % ${sessions}) * 60000`;
  const rare = `n % ${Math.floor(sessions / RARE)} = 7`;
  const one = (rareValue: string, commonValue: string, other: string): string =>
    `case when ${rare} then ${rareValue} when n % 2 = 0 then ${commonValue} else ${other} end`;
  const text = [
    columns("heads", {
      life,
      id: key("id"),
      created_ms: ms,
      created_at: `to_json(to_char(to_timestamp((${ms}) / 1000.0) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text`,
      user_id: one(`'"00000000000000aa"'`, `'"00000000000000cc"'`, `'"00000000000000dd"'`),
      model: one(`'"rare"'`, `'"common"'`, "'null'"),
      workspace_path: one(`'"/rare"'`, `'"/common"'`, `'"/w' || n || '"'`),
      workspace_id: one(`'"rare"'`, `'"common"'`, "'null'"),
      tags: one(`'["rare"]'`, `'["common"]'`, "'[]'"),
      tag_keys: one(`array['"rare"']`, `array['"common"']`, "'{}'::text[]"),
      title: "'\"Title number ' || n || '\"'",
      title_folded: "'title number ' || n",
      title_words: "('title:1 number:2 ' || n || ':3')::tsvector",
    }),
    columns("sessions", { life, id: key("id"), tag: life, updated_ms: ms }),
    columns("activity", { life, id: key("id"), updated_ms: ms }),
    columns("commits", { life, tag: life, at_ms: ms, seal: "null" }),
    columns("messages", { life, body: "replace(t.body, 'ordinal0', 'ordinal' || n)" }),
    columns("words", { life, words: "replace(t.words::text, 'ordinal0', 'ordinal' || n)::tsvector" }),
    columns("indexed", { life }),
    columns("side_items", { life }),
    // One of fifty was held, by someone who has died.
    `insert into ${schema}.leases (tenant, id, token, held_by, since_ms, expires_ms)
      select '${tenant}', ${key("id")}, ${life}, '"x"', 0, 0 from generate_series(1, ${sessions}, 50) as copy(n)`,
  ];
  server.sql(text.join(";\n"));
  server.sql("vacuum analyze");
}
