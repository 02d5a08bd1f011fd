import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import { textIn } from "../draft/blocks.ts";
import { AGENT_SESSION } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { tokenNumber } from "../draft/usage.ts";
import type { DatabaseFormat, DatabaseSession, RowReader } from "../database/database-format.ts";
import { rowTime } from "../database/session-list.ts";
import { hasColumns } from "../database/tables.ts";
import { blocksIn, GooseConversation, gooseSessionId, modelIn } from "./goose-message.ts";

/** The newest version of goose's tables that is known. */
const NEWEST = 15;

/** goose's database: a row for each message, and in newer versions one for each request that was paid for. */
export const gooseDatabase: DatabaseFormat = {
  format: "goose",
  name: "goose",
  version: 1,
  isOf: (tables) =>
    hasColumns(tables, "sessions", ["id", "working_dir", "extension_data"]) && tables.has("schema_version"),
  needs: {
    sessions: ["id", "working_dir", "created_at", "updated_at"],
    messages: ["id", "session_id", "role", "content_json", "created_timestamp"],
  },
  sessions: { table: "sessions", parent: "parent_session_id", created: "created_at" },
  unread: ["usage_ledger", "thread_messages"],
  rows: (tables) => `
    SELECT t, r FROM (
      SELECT 'messages' AS t, rowid AS r, created_timestamp AS a FROM messages WHERE session_id = ?1
      ${tables.has("usage_ledger") ? "UNION ALL SELECT 'usage_ledger' AS t, rowid AS r, 0 AS a FROM usage_ledger WHERE session_id = ?1" : ""}
    ) ORDER BY t, r`,
  idOf: gooseSessionId,
  newer: (database, tables) => {
    if (!hasColumns(tables, "schema_version", ["version"])) return undefined;
    const version = database.prepare("SELECT MAX(version) AS version FROM schema_version").get()?.["version"];
    return typeof version === "number" && version > NEWEST
      ? `its tables are of version ${version}; up to ${NEWEST} is known`
      : undefined;
  },
  begin: (harvest, session) => new GooseReader(harvest, session),
};

class GooseReader implements RowReader {
  readonly #harvest: Harvest;
  readonly #session: JsonObject;
  readonly #conversation: GooseConversation;
  readonly #model: string | null;
  #requests = 0;

  constructor(harvest: Harvest, { id, row }: DatabaseSession) {
    this.#harvest = harvest;
    this.#session = row;
    this.#conversation = new GooseConversation(harvest);
    this.#model = modelIn(jsonIn(row["model_config_json"])) ?? null;
    const { facts } = harvest.main;
    facts.sawTime(rowTime(row["created_at"]), false);
    facts.workspacePath = textIn(row["working_dir"]) ?? null;
    facts.model = this.#model;
    facts.custom[AGENT_SESSION] = id;
    const isGiven = row["user_set_name"] === 1;
    const name = textIn(row["name"]) ?? textIn(row["description"]);
    if (isGiven || !AUTOMATIC_NAME.test(name ?? "")) facts.setTitle(isGiven ? "given" : "generated", name);
  }

  row(table: string, row: JsonObject): void {
    if (table === "usage_ledger") this.#request(row);
    if (table !== "messages") return;
    const blocks = blocksIn(parsed(row["content_json"]));
    if (blocks === undefined) {
      this.#harvest.problem(`the content of message ${row["id"] as number} is no JSON list`);
      return;
    }
    const time = rowTime(row["created_timestamp"]) ?? rowTime(row["timestamp"]);
    const at = this.#harvest.main.facts.sawTime(time, true);
    const id = textIn(row["message_id"]);
    const role = textIn(row["role"]) ?? "";
    this.#conversation.push({ id, role, at, blocks, metadata: jsonIn(row["metadata_json"]) });
  }

  /** Before there was a row for each request, the session's own has the sums. */
  end(): void {
    const { facts } = this.#harvest.main;
    if (this.#requests > 0) return;
    const row = this.#session;
    const total = (name: string): number => tokenNumber(row[`accumulated_${name}`] ?? row[name]);
    const usage = {
      ...{ input: total("input_tokens"), output: total("output_tokens"), reasoning: 0 },
      ...{ cacheRead: total("cache_read_tokens"), cacheWrite: total("cache_write_tokens") },
    };
    facts.usage.add(undefined, rowTime(row["updated_at"]), this.#model, usage);
    const cost = row["accumulated_cost"];
    if (typeof cost === "number" && cost > 0) facts.usage.cost += cost;
  }

  #request(row: JsonObject): void {
    this.#requests++;
    const usage = {
      ...{ input: tokenNumber(row["input_tokens"]), output: tokenNumber(row["output_tokens"]), reasoning: 0 },
      cacheRead: tokenNumber(row["cache_read_tokens"]),
      cacheWrite: tokenNumber(row["cache_write_tokens"]),
    };
    const model = textIn(row["model"]) ?? this.#model;
    const time = rowTime(row["created_timestamp"]);
    this.#harvest.main.facts.usage.add(undefined, time, model, usage, row["cost"]);
  }
}

/** What goose calls a session that has no name yet. */
const AUTOMATIC_NAME = /^(?:CLI Session|ACP Session|New session(?: \d+)?|New Chat|\d{8}_\d+)?$/;

function parsed(text: Json | undefined): Json | undefined {
  try {
    return typeof text === "string" ? parseJson(text) : undefined;
  } catch {
    return undefined;
  }
}

function jsonIn(text: Json | undefined): JsonObject {
  const value = parsed(text);
  return isJsonObject(value) ? value : {};
}
