import { basename } from "node:path";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { objectIn, textIn } from "../draft/blocks.ts";
import { AGENT_SESSION, timeOf } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { tokenNumber } from "../draft/usage.ts";
import type { Importer, RecordReader } from "../importer.ts";
import { blocksIn, GooseConversation, gooseSessionId, modelIn } from "./goose-message.ts";

/** goose's files before it had a database: a header, then a message on each line. The database has them too. */
export const gooseLines: Importer = {
  format: "goose",
  version: 1,
  shape: "lines",
  recognises: ({ records }) => {
    const [first] = records;
    return (
      first !== undefined && isHeader(first) && records.every((record, at) => at === 0 || isMessage(record))
    );
  },
  supersededBy: (_path, stored) => stored.endsWith(".db"),
  begin: (harvest) => new GooseLinesReader(harvest),
};

function isHeader(record: JsonObject): boolean {
  return "working_dir" in record && ("message_count" in record || "description" in record);
}

function isMessage({ role, created, content }: JsonObject): boolean {
  return typeof role === "string" && typeof created === "number" && Array.isArray(content);
}

class GooseLinesReader implements RecordReader {
  readonly #harvest: Harvest;
  readonly #conversation: GooseConversation;

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    this.#conversation = new GooseConversation(harvest);
    const id = basename(harvest.beginning.path, ".jsonl");
    harvest.main.id = gooseSessionId(id, "");
    harvest.main.facts.custom[AGENT_SESSION] = id;
  }

  record(record: JsonObject): void {
    const { facts } = this.#harvest.main;
    if (isHeader(record)) {
      this.#header(record);
      return;
    }
    const blocks = blocksIn(record["content"]);
    if (blocks === undefined) {
      this.#harvest.problem("neither a header nor a message");
      return;
    }
    const at = facts.sawTime(timeOf(record["created"]), true);
    const [id, role] = [textIn(record["id"]), textIn(record["role"]) ?? ""];
    this.#conversation.push({ id, role, at, blocks, metadata: objectIn(record["metadata"]) });
  }

  #header(record: JsonObject): void {
    const { facts } = this.#harvest.main;
    facts.workspacePath = textIn(record["working_dir"]) ?? facts.workspacePath;
    facts.setTitle("generated", record["description"]);
    if (isJsonObject(record["model_config"])) facts.model = modelIn(record["model_config"]) ?? facts.model;
    const total = (name: string): number => tokenNumber(record[`accumulated_${name}`] ?? record[name]);
    const usage = { input: total("input_tokens"), output: total("output_tokens") };
    facts.usage.add("session", undefined, facts.model, {
      ...usage,
      cacheRead: 0,
      cacheWrite: 0,
      reasoning: 0,
    });
  }
}
