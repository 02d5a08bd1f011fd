import type { Commit, Committed } from "../../session/commit.ts";
import { NotSupportedError, SessionNotFoundError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary.ts";
import type {
  Durability,
  EngineCapabilities,
  EngineListener,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  RemoveOptions,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  StorageEngine,
  StoredCommit,
  StoredSession,
  TrashedSession,
  Verification,
} from "../contract.ts";
import { EngineEvents } from "../engine-events.ts";
import { Notifier, watch } from "./changes.ts";
import { readCommits } from "./commit-reader.ts";
import { Committer } from "./committer.ts";
import { clientOf, connect, isPglite } from "./connection/connect.ts";
import { Connection } from "./connection/connection.ts";
import type { PostgresClient } from "./client.ts";
import { readMessages } from "./message-reader.ts";
import { checkMigrated, migrate } from "./migrate.ts";
import {
  checkedOptions,
  describeLocation,
  type CheckedOptions,
  type PostgresEngineOptions,
} from "./options.ts";
import { emptyTrash, listTrash, removeSession, restoreSession } from "./removal.ts";
import { searchMessages } from "./search.ts";
import { SearchIndexer } from "./search-indexer.ts";
import { readSession } from "./session-reader.ts";
import { readSideItems } from "./side-reader.ts";
import { listSessions, readSummary } from "./summaries.ts";
import { Tables } from "./tables.ts";
import { verifySession } from "./verify.ts";

/**
 * Sessions in a PostgreSQL database, for any number of machines. Nothing is connected before the first use. A commit is
 * one statement, hence one round trip; what became of it when the connection broke meanwhile is looked up.
 *
 * `durability: "disk"` waits for what the server calls durable: its own disk, and its synchronous standbys if it has
 * any. `"process"` does not wait for the flush.
 *
 * @example
 * const store = new SessionStore(new PostgresEngine({ url: "postgres://localhost/agents", tenant: "acme" }));
 */
export class PostgresEngine implements StorageEngine {
  readonly name = "postgres";
  readonly location: string;
  readonly capabilities: EngineCapabilities;
  readonly #events = new EngineEvents();
  readonly #options: CheckedOptions;
  readonly #tables: Tables;
  readonly #connection: Connection;
  readonly #committer: Committer;
  readonly #indexer: SearchIndexer | undefined;
  readonly #notifier: Notifier | undefined;

  /** @throws {InvalidArgumentError} */
  constructor(options: PostgresEngineOptions) {
    this.#options = checkedOptions(options);
    const { schema, tenant, patience, search, notify, client } = this.#options;
    this.location = describeLocation(this.#options);
    this.capabilities = {
      persistent: true,
      multiProcess: client === undefined || !isPglite(client),
      trash: true,
      checkpoints: false,
      search,
    };
    this.#tables = new Tables(schema, tenant);
    this.#connection = new Connection(
      () => this.#connect(),
      (opened) => this.#prepare(opened),
      patience,
    );
    this.#committer = new Committer(this.#connection, this.#tables);
    this.#indexer = search ? new SearchIndexer(this.#connection, this.#tables) : undefined;
    this.#notifier = notify ? new Notifier(this.#connection, this.#tables) : undefined;
  }

  /**
   * Makes the tables, or brings them to this version; done on first use unless `migrate` is false.
   * @throws {NewerSchemaError}
   */
  async migrate(): Promise<void> {
    await this.#connection.read("migrate the tables", async () => {
      await migrate(await this.#connection.client(), this.#options.schema);
    });
  }

  subscribe(listener: EngineListener): () => void {
    return this.#events.subscribe(listener);
  }

  async commit(id: SessionId, commit: Commit, durability: Durability = "disk"): Promise<Committed> {
    const committed = await this.#committer.commit(id, commit, durability);
    if (commit.splice !== undefined) this.#indexer?.changed(id);
    this.#notifier?.changed();
    return committed;
  }

  async read(id: SessionId): Promise<StoredSession | undefined> {
    return await readSession(this.#connection, this.#tables, id);
  }

  messages(id: SessionId, range: MessageRange): AsyncGenerator<PositionedMessage> {
    return readMessages(this.#connection, this.#tables, id, range);
  }

  sideItems(id: SessionId, range: SideRange): AsyncGenerator<SideItem> {
    return readSideItems(this.#connection, this.#tables, id, range);
  }

  async *commits(id: SessionId, after: number): AsyncGenerator<StoredCommit> {
    for await (const { commit } of readCommits(this.#connection, this.#tables, id, after)) yield commit;
  }

  changes(signal: AbortSignal): AsyncGenerator<SessionId | undefined> {
    return watch(this.#connection, this.#tables, signal);
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#connection.assertOpen();
    if (this.#indexer === undefined) throw new NotSupportedError("search", this.name);
    await this.#indexer.catchUp();
    return await this.#connection.read("search", (attempt) => searchMessages(attempt, this.#tables, query));
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    return await this.#connection.read(`read session ${id}`, (attempt) =>
      readSummary(attempt, this.#tables, id),
    );
  }

  async list(query: ListQuery): Promise<ListPage> {
    return await this.#connection.read("list sessions", (attempt) =>
      listSessions(attempt, this.#tables, query),
    );
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    const removed = await removeSession(this.#connection, this.#tables, id, options.trash === true);
    this.#notifier?.changed();
    return removed;
  }

  async trashed(): Promise<TrashedSession[]> {
    return await this.#connection.read("list the trash", (attempt) => listTrash(attempt, this.#tables));
  }

  async restore(id: SessionId): Promise<boolean> {
    const restored = await restoreSession(this.#connection, this.#tables, id);
    this.#notifier?.changed();
    return restored;
  }

  async emptyTrash(before: Date = new Date(8.64e15)): Promise<number> {
    return await emptyTrash(this.#connection, this.#tables, before);
  }

  /** Writes nothing: there is no other reader. */
  async checkpoint(id: SessionId): Promise<void> {
    await this.#existing(id);
  }

  async verify(id: SessionId): Promise<Verification> {
    return await verifySession(this.#connection, this.#tables, id);
  }

  /** Changes nothing: what a database has lost, its backup has. */
  async repair(id: SessionId): Promise<Repair> {
    await this.#existing(id);
    return { id, actions: [], lostRevisions: 0 };
  }

  async close(): Promise<void> {
    this.#indexer?.stop();
    await this.#connection.close();
  }

  async #existing(id: SessionId): Promise<void> {
    if ((await this.summary(id)) === undefined) throw new SessionNotFoundError(id);
  }

  async #connect(): Promise<PostgresClient> {
    const { url, client, connections, prepare, patience } = this.#options;
    if (client !== undefined) return clientOf(client);
    // There is time for another attempt when one is lost.
    const connectTimeout = Math.min(Math.max(patience / 3, 500), 10_000);
    return await connect({ url: url ?? "", connections, prepare, connectTimeout });
  }

  async #prepare(client: PostgresClient): Promise<void> {
    const { schema } = this.#options;
    await (this.#options.migrate ? migrate(client, schema) : checkMigrated(client, schema));
  }
}
