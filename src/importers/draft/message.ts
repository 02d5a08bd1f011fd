import type { Json, JsonObject } from "../../session/json/json.ts";
import { parsedMessage, type Message } from "../../session/message.ts";
import type { Usage } from "./usage.ts";

/** What an importer knows of a message. Whatever is `undefined` is left out. */
export interface MessageParts {
  readonly role: string;
  readonly content: Json;
  /** The agent's own id of it. */
  readonly id?: string | undefined;
  readonly at?: string | undefined;
  /** The model that answered. */
  readonly model?: string | undefined;
  /** What the agent recorded for this answer. */
  readonly usage?: Usage | undefined;
  /** The program wrote it, in the person's name or the model's: a note, a command's output, an error. */
  readonly meta?: boolean | undefined;
  /** It stands, for the model, for everything before it but the last `keeps` messages. */
  readonly compaction?: JsonObject | undefined;
  /** The session of the sub-agent whose answer this is. */
  readonly subsession?: string | undefined;
}

/**
 * A message in the form that all importers share. Takes its content over: it is frozen.
 * @param rest further keys of the agent's own.
 */
export function draftMessage(parts: MessageParts, rest: JsonObject = {}): Message {
  const { role, content, id, at, model, usage, meta, compaction, subsession } = parts;
  const message: Record<string, Json> = { ...rest, role, content };
  if (id !== undefined) message["id"] = id;
  if (at !== undefined) message["at"] = at;
  if (model !== undefined) message["model"] = model;
  if (usage !== undefined) message["usage"] = tokensOf(usage);
  if (meta === true) message["meta"] = true;
  if (compaction !== undefined) message["compaction"] = compaction;
  if (subsession !== undefined) message["subsession"] = subsession;
  return parsedMessage(message);
}

function tokensOf(usage: Usage): JsonObject {
  const tokens: Record<string, number> = {};
  if (usage.input > 0) tokens["input"] = usage.input;
  if (usage.output > 0) tokens["output"] = usage.output;
  if (usage.cacheRead > 0) tokens["cache_read"] = usage.cacheRead;
  if (usage.cacheWrite > 0) tokens["cache_write"] = usage.cacheWrite;
  if (usage.reasoning > 0) tokens["reasoning"] = usage.reasoning;
  return tokens;
}
