import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  MemorySaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { expect } from "vitest";
import type { AstridSaver } from "../../../src/adapters/langgraph/index.ts";

/** Two savers that are told the same, LangGraph's and ours; what one of them answers, the other must answer too. */
export class BesideMemorySaver extends BaseCheckpointSaver {
  readonly memory = new MemorySaver();
  /** May be replaced by another one on the same store. */
  own: AstridSaver;
  /** How often both were asked or told something. */
  operations = 0;

  constructor(own: AstridSaver) {
    super();
    this.own = own;
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    this.operations++;
    const [expected, given] = await Promise.all([this.memory.getTuple(config), this.own.getTuple(config)]);
    expect(compared(given)).toEqual(compared(expected));
    return given;
  }

  async *list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple> {
    this.operations++;
    const [expected, given] = [
      await all(this.memory.list(config, options)),
      await all(this.own.list(config, options)),
    ];
    // Of several namespaces LangGraph's lists one after the other.
    expect(sorted(given).map(compared)).toEqual(sorted(expected).map(compared));
    yield* given;
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    this.operations++;
    // Both begin at once: LangGraph may go on to change what it handed over.
    const [expected, given] = await Promise.all([
      this.memory.put(config, checkpoint, metadata),
      this.own.put(config, checkpoint, metadata, newVersions),
    ]);
    expect(given).toEqual(expected);
    return given;
  }

  async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath?: string,
  ): Promise<void> {
    this.operations++;
    await Promise.all([
      this.memory.putWrites(config, writes, taskId, taskPath),
      this.own.putWrites(config, writes, taskId, taskPath),
    ]);
  }

  async deleteThread(threadId: string): Promise<void> {
    this.operations++;
    await this.memory.deleteThread(threadId);
    await this.own.deleteThread(threadId);
  }
}

async function all(tuples: AsyncIterable<CheckpointTuple>): Promise<CheckpointTuple[]> {
  const list: CheckpointTuple[] = [];
  for await (const tuple of tuples) list.push(tuple);
  return list;
}

function sorted(tuples: readonly CheckpointTuple[]): CheckpointTuple[] {
  const keyOf = ({ config }: CheckpointTuple): string =>
    `${String(config.configurable?.["checkpoint_ns"])} ${String(config.configurable?.["checkpoint_id"])}`;
  return tuples.toSorted((left, right) => keyOf(right).localeCompare(keyOf(left)));
}

/** LangGraph's gives the config of a checkpoint as it was asked for it; ours names the checkpoint, and nothing else. */
function compared(tuple: CheckpointTuple | undefined): unknown {
  if (tuple === undefined) return undefined;
  const { thread_id, checkpoint_ns = "", checkpoint_id } = tuple.config.configurable ?? {};
  return { ...tuple, config: { thread_id, checkpoint_ns, checkpoint_id } };
}
