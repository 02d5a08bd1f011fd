import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { MessageRange, PositionedMessage, Snapshot, StoredHead } from "../../contract.ts";
import type { Iterations } from "../../iterations.ts";
import type { Connection } from "../connection/connection.ts";
import type { Tables } from "../schema/tables.ts";
import { messagesOf } from "./message-reader.ts";
import { lengthOfRuns } from "./runs.ts";
import { readParts, type Parts } from "./session-reader.ts";

/** The session without its messages. */
export async function readHead(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<StoredHead | undefined> {
  const parts = await readParts(connection, tables, id);
  if (parts === undefined) return undefined;
  const { revision, tag, updatedAt, head, runs } = parts;
  return { id, revision, tag, updatedAt, head, messageCount: lengthOfRuns(runs) };
}

/**
 * One revision of a session. Nothing is open for it, neither a transaction nor a connection: messages stand in slots
 * that are written once, so it is enough to know which slots made up the session, until that is removed for good.
 */
export class PostgresSnapshot implements Snapshot {
  readonly id: SessionId;
  readonly revision: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly #read: (range: MessageRange) => AsyncIterable<PositionedMessage>;
  readonly #iterations: Iterations;
  #isClosed = false;

  private constructor(
    id: SessionId,
    { revision, tag, updatedAt, head, runs }: Parts,
    read: (range: MessageRange) => AsyncIterable<PositionedMessage>,
    iterations: Iterations,
  ) {
    this.id = id;
    this.revision = revision;
    this.tag = tag;
    this.updatedAt = updatedAt;
    this.head = head;
    this.messageCount = lengthOfRuns(runs);
    this.#read = read;
    this.#iterations = iterations;
  }

  /** `undefined` when there is no such session. @throws {CorruptSessionError} */
  static async of(
    connection: Connection,
    tables: Tables,
    id: SessionId,
    iterations: Iterations,
  ): Promise<PostgresSnapshot | undefined> {
    const parts = await readParts(connection, tables, id);
    if (parts === undefined) return undefined;
    const read = (range: MessageRange): AsyncIterable<PositionedMessage> =>
      messagesOf(connection, tables, id, parts, range);
    return new PostgresSnapshot(id, parts, read, iterations);
  }

  messages(range: MessageRange = {}): AsyncIterable<PositionedMessage> {
    return this.#iterations.of(() => {
      if (this.#isClosed) throw new InvalidArgumentError("This snapshot is closed; take a new one.");
      return this.#read(range);
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
