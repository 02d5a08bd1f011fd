import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { ImportRun } from "../../src/importers/import.ts";
import { opencodeSessionId } from "../../src/importers/opencode/opencode-reader.ts";
import { insert, openDatabase, opencode, OPENCODE, T0 } from "./databases.ts";
import { importPlace } from "./place.ts";

const place = importPlace();

/** The same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return (state >>> 0) % below;
  };
}

const TEXTS = ["", "a", "x".repeat(3000), "ü 😀 \u0000 \ufffd", '{"half', "line\nline\r\n", "<b>"];

/** One change of a database, as an agent or anybody else might make it. */
function change(db: DatabaseSync, pick: (below: number) => number, n: number): void {
  const session = `ses_${pick(4)}`;
  const text = TEXTS[pick(TEXTS.length)] ?? "";
  const time = T0 + pick(50);
  const own = db.prepare("SELECT id FROM message WHERE session_id = ? ORDER BY id").all(session);
  const message = own.length === 0 ? "nobody" : (own[pick(own.length)]?.["id"] as string);
  switch (pick(9)) {
    case 0:
      db.prepare("DELETE FROM part WHERE id IN (SELECT id FROM part WHERE message_id = ? LIMIT 1)").run(
        message,
      );
      return;
    case 1:
      db.prepare("DELETE FROM message WHERE id = ?").run(message);
      return;
    case 2:
      db.prepare("UPDATE session SET title = ?, time_updated = ? WHERE id = ?").run(text, time, session);
      return;
    case 3:
      // Nothing but the text changes, as long as it was.
      db.prepare(
        `UPDATE part SET data = replace(data, 'a', 'b'), time_updated = time_updated + 1 WHERE message_id = ?`,
      ).run(message);
      return;
    case 4:
    case 5:
      insert(
        db,
        "message",
        opencode.message(session, `msg_${String(n).padStart(4, "0")}`, pick(50), {
          role: pick(3) === 0 ? "assistant" : "user",
          modelID: "m",
        }),
      );
      return;
    default: {
      const tool = {
        type: "tool",
        callID: `c${n}`,
        tool: "t",
        state: { status: "completed", input: { text }, output: text },
      };
      const types = [
        { type: "text", text },
        tool,
        { type: "reasoning", text },
        { type: "step-start" },
        { type: "odd" },
      ];
      insert(
        db,
        "part",
        opencode.part(
          session,
          message,
          `prt_${String(n).padStart(4, "0")}`,
          types[pick(types.length)] as object,
        ),
      );
    }
  }
}

/** What a session says, by SQL alone: the messages that there are, and how often each kind of part. */
function bySql(db: DatabaseSync, session: string): unknown {
  return db
    .prepare(
      `SELECT m.id AS id, json_extract(m.data, '$.role') AS role,
         (SELECT COUNT(*) FROM part AS p WHERE p.message_id = m.id AND p.session_id = m.session_id AND json_extract(p.data, '$.type') = 'tool') AS tools,
         (SELECT COALESCE(group_concat(t, '|'), '') FROM (SELECT json_extract(p.data, '$.text') AS t FROM part AS p
            WHERE p.message_id = m.id AND p.session_id = m.session_id AND json_extract(p.data, '$.type') IN ('text', 'reasoning') ORDER BY p.id)) AS texts
       FROM message AS m WHERE m.session_id = ? ORDER BY m.time_created, m.id`,
    )
    .all(session)
    .map((row) => ({ ...row }));
}

/** The same of the imported session. Steps of one answer count together; calls of a prompt are none. */
async function imported(session: string): Promise<unknown> {
  const found: { id: string; role: string; tools: number; texts: string[] }[] = [];
  for (const { id, role, content } of (await place.session(opencodeSessionId(session))).messages) {
    if (role === "tool") continue;
    const blocks = content as { type: string; text?: string; thinking?: string }[];
    const said = blocks.filter(({ type }) => type === "text" || type === "thinking");
    const texts = said.map(({ text, thinking }) => text ?? thinking ?? "");
    const tools = blocks.filter(({ type }) => type === "tool_use" || type === "tool").length;
    const last = found.at(-1);
    if (role === "assistant" && last !== undefined && id?.startsWith("msg_") !== true) {
      last.tools += tools;
      last.texts.push(...texts);
    } else found.push({ id: id ?? "", role, tools, texts });
  }
  return found.map(({ texts, ...message }) => ({ ...message, texts: texts.join("|") }));
}

/** The rows of a session as a set, from the database and from what is kept. */
async function rows(db: DatabaseSync, session: string): Promise<readonly [unknown, unknown]> {
  const text = (await place.original(opencodeSessionId(session))).toString();
  const kept = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { table: string; row: { id: string } });
  const there = ["message", "part"].flatMap((table) =>
    db
      .prepare(`SELECT * FROM ${table} WHERE session_id = ?`)
      .all(session)
      .map((row) => ({ table, row: { ...row } })),
  );
  const own = db.prepare("SELECT * FROM session WHERE id = ?").get(session);
  const key = ({ table, row }: { table: string; row: { id: string } }): string => `${table} ${row.id}`;
  const all = [...(there as typeof kept), { table: "session", row: { ...own } as { id: string } }];
  const sorted = (list: typeof kept): typeof kept => [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return [sorted(kept), sorted(all)];
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "random rows, changed again and again, read as SQL reads them (seed %d)",
  async (seed) => {
    const pick = random(seed);
    const db = openDatabase(place.base, "opencode.db", OPENCODE);
    const sessions = [0, 1, 2, 3].map((n) => `ses_${n}`);
    insert(db, "session", ...sessions.map((id) => opencode.session(id)));
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 40; n++) change(db, pick, round * 40 + n);
      const run = new ImportRun(place.store, { ledger: join(place.base, "imports.sqlite") });
      await run.file(join(place.base, "opencode.db"));
      run.close();
      for (const session of sessions) {
        expect(await imported(session)).toEqual(bySql(db, session));
        const [kept, there] = await rows(db, session);
        expect(kept).toEqual(there);
      }
    }
    db.close();
  },
);
