import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import { jsonEquals } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { timeMs } from "../../../session/time.ts";
import type { Verification } from "../../contract.ts";
import { HistoryGivenUpError } from "../../give-up.ts";
import type { Row } from "../client.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { previewFrom } from "../read/list/summaries.ts";
import { numberOf, textOf } from "../row.ts";
import { foldedTitle, HEAD_COLUMNS, headOf, tagKey } from "../schema/head-columns.ts";
import type { Tables } from "../schema/tables.ts";
import { titleVector } from "../search/search-words.ts";
import { Statement } from "../statement.ts";
import { replay, type Replayed } from "./replay.ts";

/** What was found of a session. */
export interface Examined {
  readonly verification: Verification;
  readonly life: string;
  /** The state in which the session was looked at, so that a repair changes no other. */
  readonly tag: string;
  readonly begins: number;
  /** What its commits make of it; `undefined` when they cannot be read. */
  readonly replayed: Replayed | undefined;
  /** When it was changed last, in milliseconds since 1970. */
  readonly updatedMs: number;
}

/** A session that is written to all the time is looked at so many times. */
const TRIES = 20;

/**
 * Goes through the whole history: every message against its checksum, every commit against its seal, and what the
 * commits make against what is kept of it in other rows. What is wrong in those only can be repaired.
 * @throws {SessionNotFoundError}
 */
export async function examineSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<Examined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const examined = await examineOnce(connection, tables, id);
      // What was found may be that the session was rewritten between two readings.
      if (examined.verification.findings.length === 0 || attempt >= TRIES) return examined;
      if (await isAsExamined(connection, tables, id, examined)) return examined;
    } catch (error) {
      // Its history was shortened meanwhile.
      if (!(error instanceof HistoryGivenUpError)) throw error;
    }
  }
}

async function isAsExamined(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  { life, tag, begins }: Examined,
): Promise<boolean> {
  const now = await connection.read(`verify session ${id}`, (attempt) => readState(attempt, tables, id));
  return (
    now !== undefined &&
    textOf(now, "life") === life &&
    textOf(now, "tag") === tag &&
    numberOf(now, "begins") === begins
  );
}

async function examineOnce(connection: Connection, tables: Tables, id: SessionId): Promise<Examined> {
  const row = await connection.read(`verify session ${id}`, (attempt) => readState(attempt, tables, id));
  if (row === undefined) throw new SessionNotFoundError(id);
  const life = textOf(row, "life");
  const begins = numberOf(row, "begins");
  const damage: string[] = [];
  const derived: string[] = [];
  let replayed: Replayed | undefined;
  try {
    const last = { life, begins, revision: numberOf(row, "last_revision") };
    replayed = await replay(connection, tables, id, last, (sentence) => damage.push(sentence));
    derived.push(...differences(id, row, replayed));
    const { title } = replayed.head;
    if (!(await hasTitleWords(connection, tables, life, title ?? "")))
      derived.push("The words of the title are others than those that searches go by.");
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    damage.push(error.detail);
  }
  const state = damage.length > 0 ? "damaged" : derived.length > 0 ? "repairable" : "ok";
  const [revision, messageCount] = [numberOf(row, "revision"), numberOf(row, "message_count")];
  const verification = { id, state, revision, messageCount, findings: [...damage, ...derived] } as const;
  const updatedMs =
    replayed === undefined || hasTime(row, replayed) ? numberOf(row, "updated_ms") : replayed.ms;
  return { verification, life, tag: textOf(row, "tag"), begins, replayed, updatedMs };
}

/** What rows beside the commits say otherwise than these do, in sentences. */
function differences(id: SessionId, row: Row, made: Replayed): string[] {
  const found: string[] = [];
  const expect = (isSo: boolean, sentence: string): void => {
    if (!isSo) found.push(sentence);
  };
  const is = (column: string, value: unknown): boolean => isText(row[column], value);
  expect(is("revision", made.revision), "The session's revision is not that of its last commit.");
  expect(is("tag", made.tag), "The session's tag is not that of its last commit.");
  expect(is("runs", made.runs.join(",")), "The session has other messages than its commits make.");
  expect(is("message_count", made.messageCount), "The session has another number of messages than noted.");
  expect(is("bytes", made.bytes), "The session's messages have another number of bytes than noted.");
  expect(is("next_slot", made.nextSlot), "The place for the next message is not behind the last one.");
  expect(is("next_item", made.nextItem), "The place for the next side item is not behind the last one.");
  expect(hasPreview(row, made), "The preview is not that of the last message that has text.");
  expect(hasTime(row, made), "The time of the last change is not that of the last commit.");
  if (row["head_life"] === null) found.push("The session's fields are missing.");
  else {
    expect(hasHead(row, made), "The session's fields are not those that its commits make.");
    expect(is("head_id", id), "The session's fields are noted under another session's id.");
    expect(is("created_ms", timeMs(made.head.createdAt)), "Listings have another time of creation.");
    expect(is("title_folded", foldedTitle(made.head.title ?? "")), "Listings have another title.");
    expect(is("tag_text", made.head.tags.map(tagKey).join("\n")), "Listings have other tags.");
  }
  if (row["active_life"] === null) found.push("The session is missing in listings.");
  else expect(is("active_ms", row["updated_ms"]), "Listings have another time of the last change.");
  const past = numberOf(row, "indexed_past");
  expect(
    past <= made.nextSlot && numberOf(row, "indexed_words") >= numberOf(row, "indexed_messages"),
    "The search index has other messages than the session.",
  );
  return found;
}

/** Numbers come as numbers or as text. */
function isText(found: unknown, value: unknown): boolean {
  return typeof found === "number" || typeof found === "bigint" || typeof found === "string"
    ? `${found}` === String(value)
    : false;
}

/** The session's row has the time of its last commit, or of the restoration that came after it. */
function hasTime(row: Row, { ms }: Replayed): boolean {
  const updated = numberOf(row, "updated_ms");
  return updated === ms || (row["moved_by"] !== null && updated > ms);
}

function hasPreview(row: Row, { preview, messageCount }: Replayed): boolean {
  try {
    if (preview === undefined) return previewFrom(row, messageCount) === null;
    return textOf(row, "preview") === preview.text && numberOf(row, "preview_position") === preview.position;
  } catch {
    return false;
  }
}

function hasHead(row: Row, { head }: Replayed): boolean {
  try {
    return jsonEquals(headOf(row), head);
  } catch {
    // A field that cannot be read.
    return false;
  }
}

async function readState(attempt: Attempt, tables: Tables, id: SessionId): Promise<Row | undefined> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select s.life, s.revision, s.begins, s.tag, s.message_count, s.bytes, s.next_slot, s.next_item, s.preview,
      s.preview_position, s.updated_ms, array_to_string(s.runs, ',') as runs, ${HEAD_COLUMNS},
      h.life as head_life, h.id as head_id, h.created_ms, h.title_folded, array_to_string(h.tag_keys, E'\\n') as tag_text,
      a.life as active_life, a.updated_ms as active_ms, a.moved_by, coalesce(i.past, 0) as indexed_past,
      (select count(*) from ${tables.words} w where w.tenant = ${tenant} and w.life = s.life and w.slot < i.past) as indexed_words,
      (select count(*) from ${tables.messages} m where m.tenant = ${tenant} and m.life = s.life and m.slot < i.past) as indexed_messages,
      greatest(s.revision, (select max(revision) from ${tables.commits} c where c.tenant = ${tenant} and c.life = s.life)) as last_revision
    from ${tables.sessions} s
      left join ${tables.heads} h on h.tenant = ${tenant} and h.life = s.life
      left join ${tables.activity} a on a.tenant = ${tenant} and a.id = s.id and a.life = s.life and a.listed
      left join ${tables.indexed} i on i.tenant = ${tenant} and i.life = s.life
    where s.tenant = ${tenant} and s.id = ${statement.param(id, "uuid")} and s.removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row;
}

async function hasTitleWords(
  connection: Connection,
  tables: Tables,
  life: string,
  title: string,
): Promise<boolean> {
  const statement = new Statement();
  const text = `select (title_words = ${statement.param(titleVector(title), "text")}::tsvector)::text as is_same
    from ${tables.heads} where tenant = ${statement.param(tables.tenant, "text")} and life = ${statement.param(life, "uuid")}`;
  const [row] = await connection.read("verify a title", (attempt) =>
    attempt.send({ text, params: statement.params }),
  );
  return row === undefined || row["is_same"] === "true" || (row["is_same"] === null && title === "");
}
