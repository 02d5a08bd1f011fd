import { basename, dirname } from "node:path";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { callBlock, objectIn, resultBlock, textBlock, textIn, thinkingBlock } from "../draft/blocks.ts";
import { AGENT_SESSION } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber } from "../draft/usage.ts";
import type { DatabaseFormat, DatabaseSession, RowReader } from "../database/database-format.ts";
import { rowTime } from "../database/session-list.ts";
import { hasColumns } from "../database/tables.ts";
import { derivedSessionId } from "../identity.ts";

/** Crush's database: a row for each message, its parts in a column. */
export const crush: DatabaseFormat = {
  format: "crush",
  name: "Crush",
  version: 1,
  isOf: (tables) =>
    hasColumns(tables, "sessions", ["id", "parent_session_id", "title", "prompt_tokens"]) &&
    hasColumns(tables, "messages", ["id", "session_id"]) &&
    tables.has("files"),
  needs: {
    sessions: ["id", "parent_session_id", "title", "created_at"],
    messages: ["id", "session_id", "role", "parts", "created_at"],
    files: ["id", "session_id", "created_at"],
  },
  sessions: { table: "sessions", parent: "parent_session_id", created: "created_at" },
  unread: ["files", "read_files"],
  rows: () => `
    SELECT t, r FROM (
      SELECT 'messages' AS t, rowid AS r, created_at AS a, 0 AS b FROM messages WHERE session_id = ?1
      UNION ALL
      SELECT 'files' AS t, rowid AS r, created_at AS a, 1 AS b FROM files WHERE session_id = ?1
    ) ORDER BY a, b, r`,
  idOf: crushSessionId,
  begin: (harvest, session) => new CrushReader(harvest, session),
};

function crushSessionId(named: string): SessionId {
  const id = named.toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("crush", "session", named);
}

class CrushReader implements RowReader {
  readonly #harvest: Harvest;
  readonly #session: JsonObject;

  constructor(harvest: Harvest, { id, row, path }: DatabaseSession) {
    this.#harvest = harvest;
    this.#session = row;
    const { facts } = harvest.main;
    facts.sawTime(rowTime(row["created_at"]), false);
    facts.setTitle("generated", row["title"]);
    facts.custom[AGENT_SESSION] = id;
    // By default it lies in the project. A session of a sub-agent is named by the message and the call that began it.
    if (basename(dirname(path)) === ".crush") facts.workspacePath = dirname(dirname(path));
    const call = id.split("$$")[1];
    if (call !== undefined) facts.custom["parent_call"] = call;
  }

  /** Tokens are added up by session; what was cached is not told. */
  end(): void {
    const { facts } = this.#harvest.main;
    const { prompt_tokens: sent, completion_tokens: answered, cost, updated_at: at } = this.#session;
    const [input, output] = [tokenNumber(sent), tokenNumber(answered)];
    const usage = { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    facts.usage.add(undefined, rowTime(at), facts.model, usage);
    if (typeof cost === "number" && cost > 0) facts.usage.cost += cost;
  }

  row(table: string, row: JsonObject): void {
    if (table !== "messages") return;
    const { facts, conversation } = this.#harvest.main;
    const id = textIn(row["id"]);
    const parts = partsIn(row["parts"]);
    if (parts === undefined) {
      this.#harvest.problem(`the parts of message ${id ?? ""} are no JSON list`);
      return;
    }
    const at = facts.sawTime(rowTime(row["created_at"]), true);
    const role = textIn(row["role"]) ?? "";
    const content = parts.flatMap((part) => this.#blocks(part));
    if (role === "assistant") {
      const model = textIn(row["model"]);
      facts.model = model ?? facts.model;
      const meta = row["is_summary_message"] === 1;
      const compaction = meta ? { keeps: 0 } : undefined;
      const calls = content.filter(({ type }) => type === "tool_use").length;
      conversation.push(draftMessage({ role, content, id, at, model, compaction, meta }), { calls });
    } else if (role === "tool")
      conversation.push(draftMessage({ role, content, id, at }), { answersCalls: true });
    else if (role === "user") {
      const typed = parts.filter(({ type, data }) => type === "text" && objectIn(data)["hidden"] !== true);
      const text = typed.map(({ data }) => textIn(objectIn(data)["text"]) ?? "").join("\n");
      const hasFiles = parts.some(({ type }) => type === "binary" || type === "image_url");
      const kind = (text === "" ? undefined : facts.sawPrompt(text)) ?? (hasFiles ? "prompt" : undefined);
      const message = draftMessage({ role, content, id, at, meta: kind === undefined });
      conversation.push(message, { prompt: kind === "prompt" });
    } else {
      if (role !== "system")
        this.#harvest.problem(`message ${id ?? ""} has the unknown role "${role}"`, { lost: false });
      conversation.push(draftMessage({ role, content, id, at, meta: true }));
    }
  }

  #blocks(part: JsonObject): JsonObject[] {
    const data = objectIn(part["data"]);
    switch (part["type"] as string) {
      case "text":
        return [textBlock(textIn(data["text"]) ?? "")];
      case "reasoning":
        return textIn(data["thinking"]) === undefined ? [] : [thinkingBlock(data["thinking"] as string)];
      case "tool_call":
        return [callBlock(data["id"], data["name"], argumentsIn(data["input"]))];
      case "tool_result":
        return [resultBlock(data["tool_call_id"], resultIn(data), data["is_error"] === true)];
      case "finish": {
        // Why an answer ended; of an error, what it was.
        const error = textIn(data["message"]);
        return data["reason"] === "error" && error !== undefined ? [textBlock(error)] : [];
      }
      case "binary":
      case "image_url":
      case "shell_command":
        return [part];
      default:
        this.#harvest.problem(`a part of the unknown type ${JSON.stringify(part["type"])}`, { lost: false });
        return [part];
    }
  }
}

function partsIn(value: Json | undefined): readonly JsonObject[] | undefined {
  // The column is declared as bytes, and holds a text.
  const text = isJsonObject(value) ? Buffer.from(textIn(value["blob"]) ?? "", "base64").toString() : value;
  try {
    const parts = typeof text === "string" ? parseJson(text) : undefined;
    return Array.isArray(parts) ? (parts as Json[]).filter(isJsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** A call's arguments are a text of JSON, cut off when the answer was. */
function argumentsIn(input: Json | undefined): Json {
  if (typeof input !== "string") return input ?? {};
  try {
    return parseJson(input);
  } catch {
    return input;
  }
}

function resultIn(data: JsonObject): Json {
  const text = textIn(data["content"]) ?? "";
  const media = textIn(data["data"]);
  return media === undefined
    ? text
    : [textBlock(text), { type: "image", data: media, mime_type: data["mime_type"] ?? "" }];
}
