import type { RunnableConfig } from "@langchain/core/runnables";
import {
  emptyCheckpoint,
  uuid6,
  type BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from "@langchain/langgraph-checkpoint";

export const METADATA: CheckpointMetadata = { source: "loop", step: 1, parents: {} };
let clock = 0;

/** A later id than all before. */
export function nextId(): string {
  return uuid6(clock++);
}

export function threadConfig(threadId: string, ns = ""): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: ns } };
}

/** Puts a checkpoint behind `config`'s; `versions` are those of the channels in `values`. */
export async function put(
  saver: BaseCheckpointSaver,
  config: RunnableConfig,
  values: Record<string, unknown>,
  versions: Record<string, number>,
  changed: readonly string[] = Object.keys(versions),
  id = nextId(),
  metadata = METADATA,
): Promise<RunnableConfig> {
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id,
    channel_values: values,
    channel_versions: versions,
  };
  const newVersions = Object.fromEntries(changed.map((channel) => [channel, versions[channel] ?? 0]));
  return await saver.put(config, checkpoint, metadata, newVersions);
}

export async function valuesOf(
  saver: BaseCheckpointSaver,
  config: RunnableConfig,
): Promise<Record<string, unknown>> {
  return (await saver.getTuple(config))?.checkpoint.channel_values ?? {};
}

export async function listed(
  saver: BaseCheckpointSaver,
  config: RunnableConfig = {},
): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of saver.list(config)) tuples.push(tuple);
  return tuples;
}
