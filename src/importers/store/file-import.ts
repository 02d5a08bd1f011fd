import { createHash } from "node:crypto";
import { ImportError } from "../../session/errors/errors.ts";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import type { SessionDraft } from "../draft/draft.ts";
import { Harvest } from "../draft/harvest.ts";
import type { Importer, RecordReader } from "../importer.ts";
import { chunkItem, cutItem } from "../../operations/original.ts";
import { LineSplitter, type Line } from "../read/lines.ts";
import { recordsOn } from "../read/records.ts";
import type { Source } from "../read/source.ts";
import { BesideImport, keepBeside } from "./beside-import.ts";
import { digestOf, DraftWriter, type FileMark, type Together } from "./draft-writer.ts";
import { InTrashError, type FileOutcome, type ImportHooks } from "./file-outcome.ts";
import { importStateOf } from "./import-state.ts";
import { planFor, type ImportPlan } from "./import-plan.ts";

/** A file whose session nothing names is looked through so far before it is given an id of its own. */
const MOST_HELD_BACK = 8 << 20;
/** So many pieces of a megabyte go with one commit. */
const MOST_PIECES = 8;
/** One JSON document is held as a whole. */
const LARGEST_DOCUMENT = 256 << 20;

/** The stored messages are not what reading the file again gives: they have to be compared one by one. */
class ReplayMismatchError extends Error {}

/** Brings in one file, from its beginning to its end, in pieces. */
export class FileImport {
  readonly #store: SessionStore;
  readonly #importer: Importer;
  readonly #source: Source;
  readonly #hooks: ImportHooks;
  readonly #hash = createHash("sha256");
  readonly #writers = new Map<SessionDraft, DraftWriter>();
  readonly #beside: BesideImport;
  #harvest!: Harvest;
  #reader!: RecordReader;
  #plan: ImportPlan | undefined;
  #compares = false;
  #isReplaying = false;
  /** Pieces of the file that are not stored yet. */
  #originals: Json[] = [];
  /** What came before it was known whose they are. */
  #heldBack: Buffer[] = [];
  #bytes = 0;
  #read = 0;

  constructor(store: SessionStore, importer: Importer, source: Source, hooks: ImportHooks) {
    this.#store = store;
    this.#importer = importer;
    this.#source = source;
    this.#hooks = hooks;
    this.#beside = new BesideImport(store, importer, source.path, hooks.besideNotes);
  }

  static async run(
    store: SessionStore,
    importer: Importer,
    source: Source,
    hooks: ImportHooks,
  ): Promise<FileOutcome> {
    try {
      return await new FileImport(store, importer, source, hooks).#run();
    } catch (error) {
      if (!(error instanceof ReplayMismatchError)) throw error;
      const again = new FileImport(store, importer, source, hooks);
      again.#compares = true;
      return await again.#run();
    }
  }

  async #run(): Promise<FileOutcome> {
    this.#harvest = new Harvest(await this.#source.beginning());
    this.#reader = this.#importer.begin(this.#harvest);
    if (this.#harvest.main.id !== undefined) await this.#decide(this.#harvest.main.id);
    if (this.#plan?.type !== "unchanged") {
      await (this.#importer.shape === "lines" ? this.#readLines() : this.#readDocument());
      this.#reader.end?.();
      await this.#finish();
    } else await keepBeside(this.#store, this.#plan, this.#beside, this.#harvest);
    const stored = this.#stored();
    if (stored === undefined) this.#beside.stored();
    const { main } = this.#harvest;
    const plan = this.#plan;
    if (main.id === undefined || plan === undefined)
      throw new ImportError(this.#source.path, "it holds no session");
    const writer = this.#writers.get(main);
    const others = [...this.#writers.values()].filter((other) => other !== writer);
    return { named: main.id, main: writer, plan, others, harvest: this.#harvest, stored };
  }

  /** When that is stored which waits for others. */
  #stored(): Promise<void> | undefined {
    const writer = this.#writers.get(this.#harvest.main);
    return writer?.stored?.then(() => this.#beside.stored());
  }

  /** Looks what the store has, once it is known which session it is. */
  async #decide(named: SessionId): Promise<void> {
    const { together, wasAt } = this.#hooks;
    const lookUp = async (id: SessionId): ReturnType<typeof storedHead> => {
      if (together?.has(id) === true) await together.flush();
      return await storedHead(this.#store.engine, id);
    };
    const plan = await planFor(this.#store, this.#importer, this.#source, named, {
      ...{ lookUp, wasAt, readBeside: this.#harvest.readBeside },
    });
    if (plan.type === "new" && (await this.#hooks.isTrashed(plan.id))) throw new InTrashError(plan.id);
    this.#plan = plan;
    if (plan.type === "unchanged") return;
    const { main } = this.#harvest;
    const { id, stored } = plan;
    if (id !== named) main.facts.custom["diverged_from"] = named;
    const writer = new DraftWriter(this.#store, main, { id, stored, fallbackTime: this.#fallbackTime });
    this.#writers.set(main, writer);
    if (plan.type === "grown" && !this.#compares) {
      this.#isReplaying = true;
      main.conversation.beginReplay();
    } else if (plan.type !== "new") {
      main.conversation.compareWith(await this.#digests(id));
    }
    if (plan.type === "rewritten") this.#originals.push(cutItem(plan.keep));
  }

  get #fallbackTime(): string {
    return this.#source.modified.toISOString();
  }

  async #digests(id: SessionId): Promise<string[]> {
    const digests: string[] = [];
    for await (const { message } of this.#store.messages(id)) digests.push(digestOf(message));
    return digests;
  }

  async #readLines(): Promise<void> {
    const splitter = new LineSplitter();
    let isFirst = true;
    for await (const chunk of this.#source.chunks()) {
      // The last piece is written with what the end tells; mostly it is the only one.
      if (!isFirst) await this.#writePiece();
      isFirst = false;
      for (const line of splitter.push(chunk)) this.#line(line);
      await this.#took(chunk);
    }
    const last = splitter.end();
    if (last !== undefined) this.#line(last);
  }

  #line(line: Line): void {
    if (this.#isReplaying && line.offset >= this.#replayEnd) this.#endReplay();
    const records = recordsOn(line, this.#importer, this.#harvest);
    for (const record of records) this.#reader.record(record);
    // A last line that is still being written is read again when it is whole.
    if (line.ended || records.length > 0) this.#read = line.offset + line.length + (line.ended ? 1 : 0);
  }

  async #readDocument(): Promise<void> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.#source.chunks()) {
      length += chunk.length;
      if (length > LARGEST_DOCUMENT)
        throw new ImportError(this.#source.path, `one document of more than ${LARGEST_DOCUMENT} bytes`);
      parts.push(chunk);
    }
    this.#reader.record(this.#parsed(Buffer.concat(parts)));
    if (this.#harvest.main.id === undefined) throw new ImportError(this.#source.path, "it holds no session");
    await this.#decide(this.#harvest.main.id);
    if (this.#plan?.type === "unchanged") return;
    for (const part of parts) this.#keep(part);
    this.#read = length;
  }

  #parsed(bytes: Buffer): JsonObject {
    try {
      const value = parseJson(bytes.toString("utf8").replace(/^\ufeff/, ""));
      if (isJsonObject(value)) return value;
      if (Array.isArray(value) && this.#importer.list !== undefined) return { [this.#importer.list]: value };
    } catch {
      // Told below.
    }
    throw new ImportError(this.#source.path, "it is not one JSON document, or is cut off");
  }

  /** What is kept of a rewritten file reaches further: noting less would have a later import keep it twice. */
  get #isBehindKept(): boolean {
    return this.#plan?.type === "rewritten" && this.#bytes < this.#plan.keep;
  }

  get #replayEnd(): number {
    const { head } = this.#plan?.stored ?? {};
    return head === undefined ? 0 : (importStateOf(head)?.read ?? 0);
  }

  /** What is stored has gone by; what comes now is new. */
  #endReplay(): void {
    this.#isReplaying = false;
    const { main } = this.#harvest;
    main.conversation.endReplay();
    if (main.conversation.length !== this.#plan?.stored?.messageCount) throw new ReplayMismatchError();
  }

  /** A piece of the file was read as lines. */
  async #took(chunk: Buffer): Promise<void> {
    this.#keep(chunk);
    this.#hooks.onProgress?.(this.#bytes);
    const { main } = this.#harvest;
    if (this.#plan === undefined) {
      if (main.id === undefined && this.#bytes < MOST_HELD_BACK) return;
      if (main.id === undefined) throw new ImportError(this.#source.path, "nothing in it names a session");
      await this.#decide(main.id);
      const held = this.#heldBack;
      this.#heldBack = [];
      for (const piece of held) this.#keepPiece(piece);
    }
  }

  /** Stores what was read, where there is more to come. */
  async #writePiece(): Promise<void> {
    if (this.#plan === undefined || this.#plan.type === "unchanged") return;
    if (!this.#isReplaying && !this.#isBehindKept) await this.#write(false);
  }

  /** Counts and keeps the bytes that the session does not have. */
  #keep(chunk: Buffer): void {
    this.#hash.update(chunk);
    const from = this.#keptAlready - this.#bytes;
    this.#bytes += chunk.length;
    if (this.#plan === undefined) this.#heldBack.push(chunk);
    else if (from < chunk.length) this.#keepPiece(from > 0 ? chunk.subarray(from) : chunk);
  }

  #keepPiece(piece: Buffer): void {
    const size = this.#source.pieceSize ?? piece.length;
    for (let at = 0; at < piece.length; at += size)
      this.#originals.push(chunkItem(piece.subarray(at, at + size)));
  }

  /** Bytes from the file's beginning that are in the list of originals. */
  get #keptAlready(): number {
    const plan = this.#plan;
    if (plan === undefined || plan.type === "new" || plan.type === "unchanged") return 0;
    if (plan.type === "rewritten") return plan.keep;
    return importStateOf(plan.stored.head)?.bytes ?? 0;
  }

  async #finish(): Promise<void> {
    const { main } = this.#harvest;
    if (this.#plan === undefined) {
      if (main.id === undefined) throw new ImportError(this.#source.path, "it holds no session");
      await this.#decide(main.id);
      for (const piece of this.#heldBack) this.#keepPiece(piece);
      this.#heldBack = [];
    }
    if (this.#plan?.type === "unchanged") return;
    if (this.#isReplaying) this.#endReplay();
    this.#tellFuture();
    const id = this.#plan?.type === "new" ? undefined : this.#plan?.id;
    for await (const item of this.#beside.items(id, this.#harvest)) {
      this.#originals.push(item);
      if (this.#originals.length >= MOST_PIECES) await this.#write(false);
    }
    await this.#write(true);
  }

  #tellFuture(): void {
    const { main } = this.#harvest;
    const future = [main, ...this.#harvest.others].map(({ facts }) => facts.futureTime).find(Boolean);
    if (future !== undefined) {
      this.#harvest.place = { offset: 0 };
      this.#harvest.problem(`a record is dated ${future}, in the future; it does not count as activity`, {
        lost: false,
      });
    }
  }

  /** The file's own session last: it says how far the file was read. */
  async #write(isEnd: boolean): Promise<void> {
    const sha256 = this.#hash.copy().digest("hex");
    const { format, version } = this.#importer;
    const { problemCount: problems, lossy } = this.#harvest;
    const at = {
      format,
      version,
      file: this.#source.path,
      bytes: this.#bytes,
      sha256,
      beside: this.#harvest.readBeside,
      read: this.#read,
      problems,
      lossy,
    };
    const main = this.#writers.get(this.#harvest.main);
    if (main === undefined) return;
    for (const draft of this.#harvest.others)
      await this.#writeOther(draft, { ...at, within: main.id }, isEnd);
    const originals = this.#originals;
    this.#originals = [];
    await main.write({ ...at, within: null }, originals, isEnd, isEnd ? this.#together : undefined);
  }

  /** Sessions that are written before the file's own are not to come after it. */
  get #together(): Together | undefined {
    const { together: sessions, isResting = () => false } = this.#hooks;
    if (sessions === undefined || this.#writers.size > 1) return undefined;
    return { sessions, isResting };
  }

  async #writeOther(draft: SessionDraft, mark: FileMark, isEnd: boolean): Promise<void> {
    const { id } = draft;
    if (id === undefined) return;
    let writer = this.#writers.get(draft);
    if (writer === undefined) {
      if (this.#hooks.together?.has(id) === true) await this.#hooks.together.flush();
      const stored = await storedHead(this.#store.engine, id);
      const state = stored === undefined ? undefined : importStateOf(stored.head);
      // A session of its own file, or one that somebody went on with, is not changed from here.
      if (stored !== undefined && (state?.within !== mark.within || state.messages !== stored.messageCount))
        return;
      writer = new DraftWriter(this.#store, draft, { id, stored, fallbackTime: this.#fallbackTime });
      this.#writers.set(draft, writer);
      if (stored !== undefined) draft.conversation.compareWith(await this.#digests(id));
    }
    await writer.write(mark, [], isEnd);
  }
}
