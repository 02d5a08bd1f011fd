import type { Commit, Committed } from "../../session/commit.ts";
import { NotSupportedError, SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import type {
  Durability,
  EngineCapabilities,
  EngineHealth,
  EngineListener,
  Expired,
  ExpireOptions,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  ReadOptions,
  Removal,
  RemovalNote,
  RemoveOptions,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  Snapshot,
  StorageEngine,
  StoredCommit,
  StoredHead,
  StoredSession,
  TrashedSession,
  Verification,
  WorkspacePlace,
} from "../contract.ts";
import { Changes } from "./read/changes.ts";
import { listSessions } from "./read/list/listing.ts";
import { Notifier } from "./read/notifier.ts";
import { listTrash } from "./read/trash.ts";
import { readCommits } from "./read/commit-reader.ts";
import { Committer } from "./write/committer.ts";
import { EngineEvents } from "../engine-events.ts";
import type { GivenUp, GiveUpOptions, KeptFrom } from "../give-up.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "../session-edit.ts";
import { Iterations } from "../iterations.ts";
import type { EngineLease, LeaseOptions } from "../lease.ts";
import { dateOf } from "../list-query.ts";
import { clientOf, connect, connectReplicas, isPglite } from "./connection/drivers/connect.ts";
import { Connection } from "./connection/connection.ts";
import { Replicas } from "./connection/servers/replicas.ts";
import type { PostgresClient } from "./client.ts";
import { readMessages } from "./read/message-reader.ts";
import { expire } from "./operate/expire.ts";
import { healthOf } from "./operate/health.ts";
import { checkMigrated, migrate } from "./schema/migrate.ts";
import {
  checkedOptions,
  describeLocation,
  type CheckedOptions,
  type PostgresEngineOptions,
} from "./options.ts";
import { Leases } from "./write/leases.ts";
import { rewriteSession } from "./write/rewrite/rewrite.ts";
import { shortenSession } from "./write/rewrite/shorten.ts";
import { emptyTrash, removeSession, restoreSession } from "./write/removal.ts";
import { searchMessages } from "./search/search.ts";
import { SearchIndexer } from "./search/search-indexer.ts";
import { listRemovals } from "./read/removals.ts";
import { readSession } from "./read/session-reader.ts";
import { PostgresSnapshot, readHead } from "./read/session-snapshot.ts";
import { readSideItems } from "./read/side-reader.ts";
import { readSummary } from "./read/list/summaries.ts";
import { workspacePlaces } from "./read/list/workspace-places.ts";
import { Tables } from "./schema/tables.ts";
import { repairSession } from "./verify/repair.ts";
import { examineSession } from "./verify/verify.ts";

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
  readonly #replicas: Replicas | undefined;
  readonly #committer: Committer;
  readonly #leases: Leases;
  readonly #indexer: SearchIndexer | undefined;
  readonly #notifier: Notifier | undefined;
  readonly #changes: Changes;
  readonly #iterations = new Iterations();

  /** @throws {InvalidArgumentError} */
  constructor(options: PostgresEngineOptions) {
    this.#options = checkedOptions(options);
    const { schema, tenant, patience, search, notify, client, replicas } = this.#options;
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
    this.#replicas =
      replicas === "" ? undefined : new Replicas(this.#connectionToReplicas(), this.#connection);
    this.#committer = new Committer(this.#connection, this.#tables);
    this.#leases = new Leases(this.#connection, this.#tables, this.#options.leaseDuration);
    this.#changes = new Changes(this.#connection, this.#tables);
    this.#indexer = search ? new SearchIndexer(this.#connection, this.#tables) : undefined;
    this.#notifier = notify ? new Notifier(this.#connection, this.#tables) : undefined;
  }

  /**
   * Makes the tables, or brings them to this version; done on first use unless `migrate` is false.
   * @throws {NewerSchemaError}
   */
  async migrate(): Promise<{ readonly before: number; readonly now: number }> {
    let migrated = { before: 0, now: 0 };
    await this.#apart(
      async (client) => void (migrated = await migrate(client, this.#options.schema)),
      (connection) => connection.read("migrate the tables", () => Promise.resolve()),
    );
    return migrated;
  }

  async health(): Promise<EngineHealth> {
    return await this.#apart(
      () => Promise.resolve(),
      (connection) => healthOf(connection, this.#tables),
    );
  }

  async expire(options: ExpireOptions): Promise<Expired> {
    return await expire(this.#connection, this.#tables, options);
  }

  /** Over a connection of its own, for what does not want the tables to be as they should. */
  async #apart<T>(
    prepare: (client: PostgresClient) => Promise<void>,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    this.#connection.assertOpen();
    const connection = new Connection(() => this.#connect(), prepare, this.#options.patience);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
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

  async read(id: SessionId, { mayBeBehind }: ReadOptions = {}): Promise<StoredSession | undefined> {
    return await this.#reading(mayBeBehind, (connection) => readSession(connection, this.#tables, id));
  }

  async head(id: SessionId): Promise<StoredHead | undefined> {
    return await readHead(this.#connection, this.#tables, id);
  }

  /** Holds nothing open, and refuses (`SESSION_NOT_FOUND`) what was removed for good since. */
  async snapshot(id: SessionId): Promise<Snapshot | undefined> {
    return await PostgresSnapshot.of(this.#connection, this.#tables, id, this.#iterations);
  }

  messages(id: SessionId, range: MessageRange): AsyncIterableIterator<PositionedMessage> {
    return this.#iterations.of(() => readMessages(this.#connection, this.#tables, id, range));
  }

  sideItems(id: SessionId, range: SideRange): AsyncIterableIterator<SideItem> {
    return this.#iterations.of(() => readSideItems(this.#connection, this.#tables, id, range));
  }

  commits(id: SessionId, after: number): AsyncIterableIterator<StoredCommit> {
    return this.#iterations.of(() => readCommits(this.#connection, this.#tables, id, after));
  }

  changes(signal: AbortSignal): AsyncIterableIterator<SessionId | undefined> {
    return this.#iterations.endless(() =>
      this.#changes.watch(AbortSignal.any([signal, this.#iterations.closing])),
    );
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#connection.assertOpen();
    if (this.#indexer === undefined) throw new NotSupportedError("search", this.name);
    // What is indexed now is found there some time later.
    if (this.#replicas !== undefined && query.mayBeBehind === true) this.#indexer.catchUpSoon();
    else await this.#indexer.catchUp();
    return await this.#reading(query.mayBeBehind, (connection) =>
      connection.read("search", (attempt) => searchMessages(attempt, this.#tables, query)),
    );
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    return await this.#connection.read(`read session ${id}`, (attempt) =>
      readSummary(attempt, this.#tables, id),
    );
  }

  async list(query: ListQuery): Promise<ListPage> {
    return await this.#reading(query.mayBeBehind, (connection) =>
      listSessions(connection, this.#tables, query),
    );
  }

  async workspacePlaces(): Promise<WorkspacePlace[]> {
    return await workspacePlaces(this.#connection, this.#tables);
  }

  /** By the server's clock: a lease that is not renewed for `leaseDuration` is lost. */
  async lease(id: SessionId, options: LeaseOptions): Promise<EngineLease> {
    this.#connection.assertOpen();
    return await this.#leases.take(id, options);
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    const removed = await removeSession(this.#connection, this.#tables, id, options);
    this.#notifier?.changed();
    return removed;
  }

  async trashed(): Promise<TrashedSession[]> {
    return await listTrash(this.#connection, this.#tables);
  }

  async restore(id: SessionId): Promise<boolean> {
    const restored = await restoreSession(this.#connection, this.#tables, id);
    this.#notifier?.changed();
    return restored;
  }

  async emptyTrash(before?: string, note?: RemovalNote): Promise<number> {
    return await emptyTrash(this.#connection, this.#tables, dateOf(before, "before"), note);
  }

  async removals(): Promise<Removal[]> {
    return await listRemovals(this.#connection, this.#tables);
  }

  async rewrite(
    id: SessionId,
    edit: SessionEdit,
    options: RewriteOptions = {},
  ): Promise<Rewritten | undefined> {
    const rewritten = await rewriteSession(this.#connection, this.#tables, id, edit, options);
    if (rewritten?.isChanged === true && options.dryRun !== true) this.#notifier?.changed();
    return rewritten;
  }

  async giveUp(id: SessionId, from: KeptFrom, options: GiveUpOptions = {}): Promise<GivenUp | undefined> {
    return await shortenSession(this.#connection, this.#tables, id, from, options);
  }

  /** Writes nothing: there is no other reader. */
  async checkpoint(id: SessionId): Promise<void> {
    await this.#existing(id);
  }

  async verify(id: SessionId): Promise<Verification> {
    return (await examineSession(this.#connection, this.#tables, id)).verification;
  }

  /** Makes anew what follows from the session's commits. What these have lost, a backup has. */
  async repair(id: SessionId): Promise<Repair> {
    return await repairSession(this.#connection, this.#tables, id);
  }

  async close(): Promise<void> {
    this.#indexer?.stop();
    await this.#leases.close();
    await Promise.all([this.#connection.close(), this.#replicas?.close(), this.#iterations.close()]);
  }

  /** By a standby, where the caller asked for it and there is one. */
  async #reading<T>(
    mayBeBehind: boolean | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    this.#connection.assertOpen();
    if (this.#replicas === undefined || mayBeBehind !== true) return await work(this.#connection);
    return await this.#replicas.read(work);
  }

  async #existing(id: SessionId): Promise<void> {
    if ((await this.summary(id)) === undefined) throw new SessionNotFoundError(id);
  }

  async #connect(): Promise<PostgresClient> {
    const { url, client, connections, prepare, patience } = this.#options;
    if (client !== undefined) return clientOf(client);
    return await connect({ url: url ?? "", connections, prepare, connectTimeout: connectTimeout(patience) });
  }

  /** Standbys have a third of the patience: then there is time for the primary. */
  #connectionToReplicas(): Connection {
    const { replicas: url, connections, prepare, schema } = this.#options;
    const patience = Math.ceil(this.#options.patience / 3);
    return new Connection(
      () => connectReplicas({ url, connections, prepare, connectTimeout: connectTimeout(patience) }),
      (opened) => checkMigrated(opened, schema),
      patience,
    );
  }

  async #prepare(client: PostgresClient): Promise<void> {
    const { schema } = this.#options;
    await (this.#options.migrate ? migrate(client, schema) : checkMigrated(client, schema));
  }
}

/** There is time for another attempt when one is lost. */
function connectTimeout(patience: number): number {
  return Math.min(Math.max(patience / 3, 500), 10_000);
}
