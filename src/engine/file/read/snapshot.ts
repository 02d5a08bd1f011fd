import { CorruptSessionError, InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { MessageRange, PositionedMessage, Snapshot, StoredHead } from "../../contract.ts";
import { rangeOf } from "../../list-query.ts";
import { storageError } from "../disk/storage-error.ts";
import { isUnusual, positioned } from "./messages/message-stream.ts";
import { MessagePlaces } from "./messages/message-places.ts";
import { textsOfPlaces } from "./messages/message-texts.ts";
import type { Files, ReadSession } from "./reading.ts";
import { readInto, readJournalInto } from "./session-reading.ts";
import type { SessionFiles } from "./session-files.ts";
import type { PlaceSource } from "./messages/place-reader.ts";

/**
 * Opens a session's current revision; `undefined` when there is none.
 * @param onClose called when the snapshot is closed.
 */
export async function openSnapshot(
  files: Files,
  id: SessionId,
  onClose: (snapshot: FileSnapshot) => void,
): Promise<FileSnapshot | undefined> {
  const places = new MessagePlaces();
  const reading = await readInto(files, id, places);
  const { session } = reading;
  if (session !== undefined) return new FileSnapshot(id, session, reading, onClose);
  reading.files.close();
  return undefined;
}

/** A session's head, and its messages as places in files that stay open. */
export class FileSnapshot implements Snapshot {
  readonly id: SessionId;
  readonly revision: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: StoredHead["head"];
  readonly messageCount: number;
  readonly #session: ReadSession<MessagePlaces>;
  readonly #files: SessionFiles;
  readonly #source: PlaceSource;
  readonly #onClose: (snapshot: FileSnapshot) => void;
  #closed: Error | undefined;

  constructor(
    id: SessionId,
    session: ReadSession<MessagePlaces>,
    { files, source }: { readonly files: SessionFiles; readonly source: PlaceSource },
    onClose: (snapshot: FileSnapshot) => void,
  ) {
    this.id = id;
    this.revision = session.revision;
    this.tag = session.tag;
    this.updatedAt = session.updatedAt;
    this.head = session.head;
    this.messageCount = session.list.count;
    this.#session = session;
    this.#files = files;
    this.#source = source;
    this.#onClose = onClose;
  }

  async *messages(range: MessageRange = {}): AsyncGenerator<PositionedMessage> {
    const { start, end, reverse } = rangeOf(range, this.messageCount);
    const last = Math.max(start, end);
    const progress = { start, end: last, reverse, next: reverse ? last : start };
    this.#assertOpen();
    try {
      for await (const message of positioned(textsOfPlaces(this.#source, this.#session.list), progress)) {
        yield message;
        this.#assertOpen();
      }
      return;
    } catch (error) {
      const isDamage = this.#closed === undefined && isUnusual(error);
      if (!isDamage || this.#source.journal === undefined) throw this.#typed(error);
    }
    // A part of the checkpoint is damaged: the journal has all of it.
    const places = new MessagePlaces();
    const { life, revision } = this.#session;
    await readJournalInto(this.#source.journal, this.id, places, { life, revision });
    try {
      for await (const message of positioned(textsOfPlaces(this.#source, places), progress)) {
        yield message;
        this.#assertOpen();
      }
    } catch (error) {
      throw this.#typed(error);
    }
  }

  /** @param reason what reading rejects with from now on. */
  close(reason: Error = new InvalidArgumentError("This snapshot is closed; take a new one.")): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#files.close();
    this.#onClose(this);
  }

  #typed(error: unknown): unknown {
    if (this.#closed !== undefined) return this.#closed;
    if (isUnusual(error)) return new CorruptSessionError(this.id, (error as Error).message, { cause: error });
    return storageError(error, `read session ${this.id}`);
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }
}
