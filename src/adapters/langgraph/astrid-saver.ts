import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  maxChannelVersion,
  TASKS,
  WRITES_IDX_MAP,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  type PendingWrite,
  type SerializerProtocol,
} from "@langchain/langgraph-checkpoint";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { GivenValue } from "./channel-value.ts";
import { CheckpointDraft } from "./checkpoint-draft.ts";
import { TAG } from "./records.ts";
import { dump, revive } from "./stored-value.ts";
import { Thread } from "./thread.ts";
import { WritesDraft } from "./writes-draft.ts";
import { sessionIdOf } from "./thread-id.ts";
import type { KnownCheckpoint, KnownWrite, ThreadState } from "./thread-state.ts";

/** Threads that are kept in memory, the last used ones. */
const KEPT = 100;

/** Everything of a tuple that is stored, before the values are made anew from it. */
interface StoredTuple {
  readonly threadId: string;
  readonly checkpoint: KnownCheckpoint;
  readonly writes: readonly KnownWrite[];
  /** The JSON of lists, as far as it is known. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** Of the parent. */
  readonly parentWrites: readonly KnownWrite[];
}

/**
 * LangGraph's checkpoints in a session store, on files or PostgreSQL: a thread is a session. What `put` and `putWrites`
 * were given is durable when they resolve. A channel's value is stored when it changes; of a list that grew, such as
 * `messages`, what was added.
 *
 * @example
 * const graph = builder.compile({ checkpointer: new AstridSaver(await SessionStore.open()) });
 */
export class AstridSaver extends BaseCheckpointSaver {
  readonly #store: SessionStore;
  readonly #threads = new Map<SessionId, Thread>();

  /** @param serde default: LangGraph's own, JSON. Values that it does not make JSON of are stored as its bytes. */
  constructor(store: SessionStore, serde?: SerializerProtocol) {
    super(serde);
    this.#store = store;
  }

  /** @throws {CorruptSessionError | StorageError} */
  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { threadId, ns, id } = keysOf(config);
    if (threadId === undefined) return undefined;
    const sessionId = sessionIdOf(threadId);
    const stored = await this.#thread(sessionId).read(({ state }) => {
      const found = id === undefined ? state.latest(ns ?? "") : state.checkpoint(ns ?? "", id);
      return found && storedTuple(threadId, state, found);
    });
    return stored && (await this.#tuple(stored));
  }

  /** Newest first, by id; without a thread id, of one thread after the other. */
  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { threadId, ns, id } = keysOf(config);
    const before = keysOf(options.before ?? {}).id;
    let left = options.limit ?? Infinity;
    for (const sessionId of threadId === undefined ? await this.#sessionIds() : [sessionIdOf(threadId)]) {
      const found = await this.#thread(sessionId).read(({ state }) =>
        state
          .checkpoints()
          .filter(
            (checkpoint) =>
              (ns === undefined || checkpoint.ns === ns) &&
              (id === undefined || checkpoint.id === id) &&
              (before === undefined || checkpoint.id < before),
          )
          .map((checkpoint) => storedTuple(threadId ?? threadIdOf(sessionId, state), state, checkpoint)),
      );
      for (const stored of found) {
        if (left <= 0) return;
        if (options.filter !== undefined && !(await this.#matches(stored, options.filter))) continue;
        left--;
        yield await this.#tuple(stored);
      }
    }
  }

  /**
   * Stores a checkpoint; durable when it resolves. Putting the same again stores nothing.
   * @throws {InvalidArgumentError} when LangGraph's serializer loses a value: a BigInt, a circle, too deep a nesting.
   * @throws {ConflictError} when the thread that it goes on from was deleted.
   * @throws {StorageError}
   */
  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions?: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { threadId, ns = "", id: parent } = keysOf(config);
    const sessionId = sessionIdOf(threadId);
    const { channel_values: given, channel_versions: versions, id, ...rest } = checkpoint;
    // Taken before anything else happens, as LangGraph's own saver does: what is changed in place later is not stored.
    const taken = Promise.all([
      dump(this.serde, rest, "The checkpoint"),
      dump(this.serde, metadata, "The checkpoint's metadata"),
      ...Object.entries(given).map(
        async ([channel, value]) =>
          [channel, await GivenValue.from(this.serde, value, `Channel ${JSON.stringify(channel)}`)] as const,
      ),
    ]);
    const versionsNow = { ...versions };
    const changed = newVersions === undefined ? undefined : new Set(Object.keys(newVersions));
    await this.#thread(sessionId).write(threadId ?? "", {
      // A subgraph's first checkpoint has none before it, but goes on from its graph's.
      from: [
        ...Object.entries(metadata.parents ?? {}),
        ...(parent === undefined ? [] : [[ns, parent] as const]),
      ],
      adds: [ns, id],
      change: taken.then(([stored, storedMetadata, ...values]) => {
        const draft = new CheckpointDraft({
          put: [ns, id, parent ?? null],
          checkpoint: stored,
          metadata: storedMetadata,
          versions: versionsNow,
          values: new Map(values),
          changed,
        });
        return (view) => draft.changeOf(view);
      }),
    });
    return configOf(threadId ?? "", ns, id);
  }

  /**
   * Stores what a task wrote; durable when it resolves. A repetition stores nothing.
   * @throws {InvalidArgumentError | ConflictError | StorageError} as `put` does.
   */
  async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { threadId, ns = "", id } = keysOf(config);
    const sessionId = sessionIdOf(threadId);
    if (id === undefined)
      throw new InvalidArgumentError("putWrites needs the checkpoint_id of a checkpoint.");
    const taken = Promise.all(
      writes.map(
        async ([channel, value], position) =>
          [
            Object.hasOwn(WRITES_IDX_MAP, channel) ? (WRITES_IDX_MAP[channel] ?? position) : position,
            channel,
            await dump(this.serde, value, `What a task wrote to ${JSON.stringify(channel)}`),
          ] as const,
      ),
    );
    await this.#thread(sessionId).write(threadId ?? "", {
      from: [[ns, id]],
      change: taken.then((given) => {
        const draft = new WritesDraft([ns, id, taskId, taskPath], given);
        return ({ state }) => draft.changeOf(state);
      }),
    });
  }

  /** Removes a thread for good: its checkpoints, its writes, its session. */
  async deleteThread(threadId: string): Promise<void> {
    const sessionId = sessionIdOf(threadId);
    await this.#thread(sessionId).remove();
  }

  #thread(sessionId: SessionId): Thread {
    const thread = this.#threads.get(sessionId) ?? new Thread(this.#store, sessionId);
    // The last used one at the end.
    this.#threads.delete(sessionId);
    this.#threads.set(sessionId, thread);
    const [oldest] = this.#threads.keys();
    if (this.#threads.size > KEPT && oldest !== undefined) this.#threads.delete(oldest);
    return thread;
  }

  async #sessionIds(): Promise<SessionId[]> {
    const { sessions } = await this.#store.list({ tag: TAG });
    return sessions.map(({ id }) => id);
  }

  async #matches({ checkpoint }: StoredTuple, filter: Record<string, unknown>): Promise<boolean> {
    const metadata = (await revive(this.serde, checkpoint.record.metadata)) as Record<string, unknown>;
    return Object.entries(filter).every(([key, value]) => metadata[key] === value);
  }

  /** Made anew each time: the caller may change it. */
  async #tuple({ threadId, checkpoint, writes, texts, parentWrites }: StoredTuple): Promise<CheckpointTuple> {
    const { ns, id, parent, record } = checkpoint;
    const values: [string, unknown][] = [];
    for (const [channel, value] of checkpoint.values)
      values.push([channel, await value.revive(this.serde, texts.get(channel))]);
    const made: Checkpoint = {
      ...((await revive(this.serde, record.checkpoint)) as Omit<Checkpoint, "id">),
      id,
      channel_versions: { ...record.versions },
      channel_values: Object.fromEntries(values),
    };
    if (made.v < 4 && parent !== undefined) await this.#migrateSends(made, parentWrites);
    const pendingWrites: CheckpointPendingWrite[] = [];
    for (const { taskId, channel, value } of writes)
      pendingWrites.push([taskId, channel, await revive(this.serde, value)]);
    return {
      config: configOf(threadId, ns, id),
      checkpoint: made,
      metadata: (await revive(this.serde, record.metadata)) as CheckpointMetadata,
      pendingWrites,
      ...(parent === undefined ? {} : { parentConfig: configOf(threadId, ns, parent) }),
    };
  }

  /** Before version 4, what the parent's tasks sent stood with the parent only. */
  async #migrateSends(checkpoint: Checkpoint, parentWrites: readonly KnownWrite[]): Promise<void> {
    const sends: unknown[] = [];
    for (const { channel, value } of parentWrites)
      if (channel === TASKS) sends.push(await revive(this.serde, value));
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends;
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }
}

function storedTuple(threadId: string, state: ThreadState, checkpoint: KnownCheckpoint): StoredTuple {
  const { ns, id, parent } = checkpoint;
  return {
    threadId,
    checkpoint,
    writes: state.writes(ns, id),
    texts: new Map(
      state.latest(ns) === checkpoint
        ? [...checkpoint.values].map(([channel, value]) => [channel, state.textOf(ns, channel, value)])
        : [],
    ),
    parentWrites: parent === undefined ? [] : state.writes(ns, parent),
  };
}

/** A session that was forked from a thread's goes by its own id. */
function threadIdOf(sessionId: SessionId, { threadId }: ThreadState): string {
  return threadId !== undefined && sessionIdOf(threadId) === sessionId ? threadId : sessionId;
}

/** As LangGraph passes them; the thread's id is checked where its session's is made of it. */
interface Configurable {
  readonly thread_id?: string;
  readonly checkpoint_ns?: string;
  readonly checkpoint_id?: string;
}

function keysOf({ configurable }: RunnableConfig): {
  threadId: string | undefined;
  ns: string | undefined;
  id: string | undefined;
} {
  const { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: id } = (configurable ?? {}) as Configurable;
  return { threadId, ns, id: id === "" ? undefined : id };
}

function configOf(threadId: string, ns: string, id: string): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: id } };
}
