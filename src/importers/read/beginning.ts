import { basename } from "node:path";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { salvage } from "./salvage.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";

/** So many lines are looked at, at the beginning and at the end. */
const MOST_LINES = 40;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** What can be known of a file without reading it: its name, how it begins, how it ends. */
export class Beginning {
  readonly path: string;
  readonly modified: Date;
  readonly start: Buffer;
  /** Whether `start` is all there is. */
  readonly isWhole: boolean;
  readonly #end: Buffer;
  #text: string | undefined;
  #records: readonly JsonObject[] | undefined;
  #lastRecords: readonly JsonObject[] | undefined;

  constructor(file: {
    readonly path: string;
    readonly modified: Date;
    readonly start: Buffer;
    readonly end: Buffer;
    readonly isWhole: boolean;
  }) {
    this.path = file.path;
    this.modified = file.modified;
    this.start = file.start;
    this.isWhole = file.isWhole;
    this.#end = file.end;
  }

  get text(): string {
    return (this.#text ??= this.start.toString("utf8").replace(/^\ufeff/, ""));
  }

  /** The first lines that are whole JSON objects. */
  get records(): readonly JsonObject[] {
    return (this.#records ??= recordsIn(this.text.split("\n", MOST_LINES)));
  }

  /** The last ones, the very last first. */
  get lastRecords(): readonly JsonObject[] {
    return (this.#lastRecords ??= recordsIn(
      this.#end.toString("utf8").split("\n").slice(-MOST_LINES).reverse(),
    ));
  }

  get name(): string {
    return basename(this.path);
  }

  /** The UUID that the file's name ends with, extension apart. */
  get idInName(): SessionId | undefined {
    const last = (this.name.match(UUID) ?? []).at(-1)?.toLowerCase();
    return isSessionId(last) ? last : undefined;
  }
}

function recordsIn(lines: readonly string[]): JsonObject[] {
  return lines.flatMap((line) => {
    if (!line.includes("{")) return [];
    try {
      const value: unknown = JSON.parse(line);
      return isJsonObject(value) ? [value] : [];
    } catch {
      return salvage(line, () => true).records;
    }
  });
}
