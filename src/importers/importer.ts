import type { JsonObject } from "../session/json/json.ts";
import type { Harvest } from "./draft/harvest.ts";
import type { Beginning } from "./read/beginning.ts";

/**
 * Reads one agent's files. A file is one session, and perhaps those of its sub-agents; how it is read, written and kept
 * is the same for all of them (docs/importing.md).
 */
export interface Importer {
  /** The agent's short name, as users see it and as `custom.source` has it: `claude-code`, `codex`. */
  readonly format: string;
  /** Raised when the same file would give other messages than before: then they are made anew. */
  readonly version: number;
  /** `lines`: a JSON record on each line. `document`: one JSON document. */
  readonly shape: "lines" | "document";
  /** A document that is a list is handed to the reader as an object, with the list under this key. */
  readonly list?: string;
  /** Whether the file's content is of this format; its name may help. */
  recognises(beginning: Beginning): boolean;
  /** Whether a value is a record of this format, where lines are damaged and anything may lie around. Default: any. */
  isRecord?(value: JsonObject): boolean;
  /** Taken only when it is named itself, not when it merely lies in a folder: its form is nobody's own. */
  readonly onlyNamed?: boolean;
  /** Whether a file takes the place of the one that the session was imported from before, and the other way round. */
  supersedes?(path: string, stored: string): boolean;
  supersededBy?(path: string, stored: string): boolean;
  /** The files that the agent keeps beside this one and that belong to it: they are kept with the session. */
  beside?(path: string): Promise<readonly FileBeside[]>;
  /** Begins to read a file. `harvest.main.id` should be set here when the file's beginning and end tell it. */
  begin(harvest: Harvest): RecordReader;
}

/** A file beside a session's own. */
export interface FileBeside {
  /** Its path from the folder of the session's file, with `/` between its parts. */
  readonly name: string;
  readonly path: string;
}

/** Takes in what a file holds, in its order, and puts it into the harvest's drafts. */
export interface RecordReader {
  /** A record: what `JSON.parse` gave, perhaps frozen; of a `document` the whole. Nobody else changes it later. */
  record(record: JsonObject): void;
  /** The file is at its end. */
  end?(): void;
}
