import type { Commit, Committed } from "../../../session/commit.ts";
import { OperationMismatchError, StorageError } from "../../../session/errors/errors.ts";
import { EMPTY_HEAD } from "../../../session/head.ts";
import { LeaseLostError } from "../../../session/errors/lease-errors.ts";
import { jsonText, type Json } from "../../../session/json/json.ts";
import { parsedMessage } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { PREVIEWED, previewOf } from "../../../session/summary/summary.ts";
import { applyCommit } from "../../apply-commit.ts";
import type { Durability } from "../../contract.ts";
import type { Row } from "../client.ts";
import { draftOf, type CommitDraft } from "./commit-draft.ts";
import type { SpliceState } from "./commit-shape.ts";
import { CommitStatements } from "./commit-statement.ts";
import { FLUSH } from "./flush.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { leaseOf } from "../read/held.ts";
import { readBatch } from "../read/message-reader.ts";
import { numberOf, textOf, textOrNullOf, timeOf } from "../row.ts";
import { lengthOfRuns, parseRuns, sliceRuns, spliceRuns, type Runs } from "../read/runs.ts";
import { Statement, type Sql } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";

/** The session as a refused or repeated commit finds it. */
interface Found {
  readonly life: string;
  readonly revision: number;
  readonly tag: string;
  readonly nextSlot: number;
  readonly runs: Runs;
  readonly messageCount: number;
  /** The commit that was stored under the same operation. */
  readonly earlier:
    { readonly tag: string; readonly fingerprint: string | null; readonly committed: Committed } | undefined;
}

/** Stores commits. */
export class Committer {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #statements: CommitStatements;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
    this.#statements = new CommitStatements(tables);
  }

  commit(id: SessionId, commit: Commit, durability: Durability): Promise<Committed> {
    this.#connection.assertOpen();
    const draft = draftOf(id, commit);
    return this.#connection.write(
      `store a commit of session ${id}`,
      (attempt) => this.#try(attempt, draft, durability),
      id,
    );
  }

  async #try(attempt: Attempt, draft: CommitDraft, durability: Durability): Promise<Committed> {
    const { id, commit } = draft;
    if (!removesMessages(commit)) {
      const statement =
        commit.base === 0
          ? this.#statements.create(draft, durability)
          : this.#statements.advance(draft, durability);
      const { stored } = await storedBy(attempt, statement, draft);
      if (stored !== undefined) return stored;
    }
    // Refused, repeated, or a splice that needs to know the session: what is there decides, and may change meanwhile.
    let refused: Found | undefined;
    for (;;) {
      const found = await this.#find(attempt, draft);
      if (found?.earlier !== undefined) return await this.#repeated(attempt, draft, found, found.earlier);
      await this.#checkLease(attempt, draft);
      if (refused !== undefined && isSameState(found, refused)) throw slotTaken(id, refused);
      const applied = applyCommit(id, found && { ...found, head: EMPTY_HEAD }, commit);
      const statement =
        found === undefined
          ? this.#statements.create(draft, durability)
          : this.#statements.advance(draft, durability, {
              ...{
                revision: found.revision,
                tag: found.tag,
                start: applied.start,
                deleteCount: applied.deleteCount,
              },
              ...(await this.#after(attempt, draft, found, applied.start, applied.deleteCount)),
            });
      const { stored, isTaken } = await storedBy(attempt, statement, draft);
      if (stored !== undefined) return stored;
      refused = isTaken ? found : undefined;
    }
  }

  /** @throws {LeaseLostError} when the commit is made under a lease that does not hold. */
  async #checkLease(attempt: Attempt, { id, commit }: CommitDraft): Promise<void> {
    if (commit.lease === undefined) return;
    const held = await leaseOf(attempt, this.#tables, id);
    if (held?.token !== commit.lease) throw new LeaseLostError(id, held);
  }

  /** The state that a splice leads to. */
  async #after(
    attempt: Attempt,
    draft: CommitDraft,
    { life, nextSlot, runs }: Found,
    start: number,
    deleteCount: number,
  ): Promise<Pick<SpliceState, "messageCount" | "runs" | "preview">> {
    const next = spliceRuns(runs, start, deleteCount, [nextSlot, nextSlot + draft.inserted]);
    const messageCount = lengthOfRuns(next);
    const own = draft.preview && { text: draft.preview.text, index: start + draft.preview.index };
    const isAtEnd = start + draft.inserted === messageCount;
    if (isAtEnd && own !== undefined) return { runs: next, messageCount, preview: own };
    return {
      runs: next,
      messageCount,
      preview: await this.#preview(attempt, life, next, messageCount, start, draft),
    };
  }

  /** The preview of messages that are stored already, but for those of the draft. */
  async #preview(
    attempt: Attempt,
    life: string,
    runs: Runs,
    count: number,
    start: number,
    draft: CommitDraft,
  ): Promise<CommitDraft["preview"]> {
    let end = count;
    while (end > Math.max(count - PREVIEWED, 0)) {
      if (draft.preview !== undefined && end === start + draft.inserted) {
        return { text: draft.preview.text, index: start + draft.preview.index };
      }
      if (end > start && end <= start + draft.inserted) {
        end = start;
        continue;
      }
      const from = Math.max(count - PREVIEWED, end > start ? start + draft.inserted : 0, end - 10);
      const bodies = await readBatch(attempt, this.#tables, life, sliceRuns(runs, from, end), true);
      for (const body of bodies) {
        end--;
        const preview = previewOf(parsedMessage(JSON.parse(body) as Json));
        if (preview !== undefined) return { text: jsonText(preview), index: end };
      }
      if (bodies.length === 0) return undefined;
    }
    return undefined;
  }

  async #repeated(
    attempt: Attempt,
    draft: CommitDraft,
    found: Found,
    earlier: NonNullable<Found["earlier"]>,
  ): Promise<Committed> {
    const isOurs = earlier.tag === draft.tag;
    if (!isOurs && earlier.fingerprint !== draft.fingerprint) {
      throw new OperationMismatchError(draft.id, draft.commit.operationId ?? "");
    }
    // It is there, but whether it is safe was never answered: a commit behind it is not acknowledged before it is.
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const id = statement.param(draft.id, "uuid");
    const text = `with touched as (
        update ${this.#tables.activity} set changed_by = changed_by
        where tenant = ${tenant} and id = ${id} and life = ${statement.param(found.life, "uuid")} returning id
      ) select id, ${FLUSH.disk} from touched`;
    await attempt.send({ text, params: statement.params });
    return { ...earlier.committed, repeated: !isOurs };
  }

  async #find(attempt: Attempt, draft: CommitDraft): Promise<Found | undefined> {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const { operation, tag, commit } = draft;
    const isEarlier =
      operation === tag
        ? `c.revision = ${statement.param((commit.base ?? 0) + 1, "bigint")} and c.tag = ${statement.param(tag, "uuid")}`
        : `c.operation = ${statement.param(operation, "uuid")} and c.operation <> c.tag`;
    const text = `select s.life, s.revision, s.tag, s.next_slot, array_to_string(s.runs, ',') as runs, s.message_count,
        c.revision as earlier_revision, c.tag as earlier_tag, c.fingerprint as earlier_fingerprint,
        c.at_ms as earlier_ms, c.message_count as earlier_count
      from ${this.#tables.sessions} s
      left join ${this.#tables.commits} c on c.tenant = ${tenant} and c.life = s.life and ${isEarlier}
      where s.tenant = ${tenant} and s.id = ${statement.param(draft.id, "uuid")} and s.removed_ms = 0`;
    const [row] = await attempt.send({ text, params: statement.params });
    return row && foundIn(row);
  }
}

/** Such a splice is never an append, so the append need not be tried. */
function removesMessages({ splice }: Commit): boolean {
  return splice !== undefined && splice[0] !== "end" && splice[1] > 0;
}

/**
 * `stored` is `undefined` when the statement moved nothing, or found something stored already (`isTaken`): by the same
 * operation, or where the session has it that nothing is.
 */
async function storedBy(
  attempt: Attempt,
  statement: Sql,
  draft: CommitDraft,
): Promise<{ readonly stored: Committed | undefined; readonly isTaken: boolean }> {
  try {
    const [row] = await attempt.send(statement);
    const stored = row && committedFrom(row, "revision", "updated_ms", "message_count", draft.tag);
    return { stored, isTaken: false };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "23505") throw error;
    return { stored: undefined, isTaken: true };
  }
}

function isSameState(found: Found | undefined, { life, revision, tag }: Found): boolean {
  return found?.life === life && found.revision === revision && found.tag === tag;
}

/** The session's row contradicts others, so that no commit can ever succeed. */
function slotTaken(id: SessionId, { revision }: Found): StorageError {
  return new StorageError(
    "CORRUPT_SESSION",
    `Could not store a commit of session ${id}: its revision ${revision + 1}, or a message or side item of it, is stored ` +
      "already, while the session's row says that it is not. Nothing was stored. " +
      'Repair the session ("astrid-sessions doctor --repair").',
    "not-stored",
  );
}

function foundIn(row: Row): Found {
  const earlierTag = textOrNullOf(row, "earlier_tag");
  return {
    life: textOf(row, "life"),
    revision: numberOf(row, "revision"),
    tag: textOf(row, "tag"),
    nextSlot: numberOf(row, "next_slot"),
    runs: parseRuns(textOf(row, "runs")),
    messageCount: numberOf(row, "message_count"),
    earlier:
      earlierTag === null
        ? undefined
        : {
            tag: earlierTag,
            fingerprint: textOrNullOf(row, "earlier_fingerprint"),
            committed: committedFrom(row, "earlier_revision", "earlier_ms", "earlier_count", earlierTag),
          },
  };
}

function committedFrom(row: Row, revision: string, ms: string, count: string, tag: string): Committed {
  return {
    revision: numberOf(row, revision),
    tag,
    at: timeOf(row, ms),
    messageCount: numberOf(row, count),
    repeated: false,
  };
}
