import { CorruptSessionError, SessionNotFoundError } from "../../session/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../session/head.ts";
import { jsonEquals } from "../../session/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Verification } from "../contract.ts";
import type { Row } from "./client.ts";
import { checksumOf } from "./commit-draft.ts";
import { readCommits } from "./commit-reader.ts";
import type { Attempt, Connection } from "./connection/connection.ts";
import { HEAD_COLUMNS, headOf } from "./head-columns.ts";
import { numberOf, textOf } from "./row.ts";
import { lengthOfRuns, spliceRuns, type Runs } from "./runs.ts";
import { Statement } from "./statement.ts";
import type { Tables } from "./tables.ts";

/** Goes through the whole history: every message against its checksum, and what the commits make against what is kept. */
export async function verifySession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<Verification> {
  const row = await connection.read(`verify session ${id}`, (attempt) => readState(attempt, tables, id));
  if (row === undefined) throw new SessionNotFoundError(id);
  const revision = numberOf(row, "revision");
  const messageCount = numberOf(row, "message_count");
  const findings: string[] = [];
  let runs: Runs = [];
  let head: SessionHead = EMPTY_HEAD;
  let tag = "";
  try {
    for await (const { commit, firstSlot, checksum, messageCount: count, bodies, side } of readCommits(
      connection,
      tables,
      id,
      0,
    )) {
      if (commit.revision > revision) break;
      if (checksumOf(bodies.join("\n"), side) !== checksum)
        findings.push(`The messages or side items of revision ${commit.revision} were changed.`);
      if (commit.splice !== undefined) {
        runs = spliceRuns(runs, commit.splice[0], commit.splice[1], firstSlot, bodies.length);
      }
      if (lengthOfRuns(runs) !== count)
        findings.push(`Revision ${commit.revision} has another number of messages than noted.`);
      head = { ...head, ...commit.set, tokenCount: commit.tokenCount };
      tag = commit.tag;
    }
    if (textOf(row, "runs") !== runs.join(","))
      findings.push("The session has other messages than its commits make.");
    if (messageCount !== lengthOfRuns(runs))
      findings.push("The session has another number of messages than noted.");
    if (textOf(row, "tag") !== tag) findings.push("The session's tag is not that of its last commit.");
    if (!jsonEquals(headOf(row), head))
      findings.push("The session's fields are not those that its commits make.");
  } catch (error) {
    // A field that cannot be read is a TypeError or a SyntaxError.
    if (!(error instanceof CorruptSessionError || error instanceof TypeError || error instanceof SyntaxError))
      throw error;
    findings.push(error.message);
  }
  return { id, state: findings.length === 0 ? "ok" : "damaged", revision, messageCount, findings };
}

async function readState(attempt: Attempt, tables: Tables, id: SessionId): Promise<Row | undefined> {
  const statement = new Statement();
  const text = `select s.revision, s.tag, s.message_count, array_to_string(s.runs, ',') as runs, ${HEAD_COLUMNS}
    from ${tables.sessions} s join ${tables.heads} h on h.tenant = s.tenant and h.life = s.life
    where s.tenant = ${statement.param(tables.tenant, "text")} and s.id = ${statement.param(id, "uuid")}
      and s.removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row;
}
