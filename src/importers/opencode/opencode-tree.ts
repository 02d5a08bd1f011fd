import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { ImportError } from "../../session/errors/errors.ts";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { objectIn, textIn } from "../draft/blocks.ts";
import type { Importer } from "../importer.ts";
import { Beginning } from "../read/beginning.ts";
import type { Source } from "../read/source.ts";
import { unreadable } from "../read/unreadable.ts";
import { opencodeSessionId, OpencodeReader } from "./opencode-reader.ts";

const CHUNK = 1 << 20;

/** Whether a file is a session of before opencode had a database: `storage/session/<project>/<session>.json`. */
export function isOpencodeSession({ text }: Beginning): boolean {
  return /^\s*\{/.test(text) && /"id"\s*:\s*"ses_/.test(text) && /"projectID"\s*:/.test(text);
}

/**
 * A session of opencode's as files: its own, one for each message in `message/<session>`, and one for each part in
 * `part/<message>`. As a text it is a line for each file, `{"table": …, "file": …, "text": …}`, the session's own last.
 */
export class OpencodeTree implements Source {
  readonly path: string;
  readonly modified: Date;
  readonly length = undefined;
  readonly pieceSize = 128 << 10;
  readonly #storage: string;

  private constructor(path: string, modified: Date) {
    this.path = path;
    this.modified = modified;
    this.#storage = dirname(dirname(dirname(path)));
  }

  static async open(path: string): Promise<OpencodeTree> {
    return new OpencodeTree(path, (await stat(path)).mtime);
  }

  beginning(): Promise<Beginning> {
    const nothing = Buffer.alloc(0);
    const { path, modified } = this;
    return Promise.resolve(new Beginning({ path, modified, start: nothing, end: nothing, isWhole: false }));
  }

  /** What the session's own file says. @throws {ImportError} when that is no JSON. */
  async session(): Promise<JsonObject> {
    const session = jsonIn((await this.#text(this.path)) ?? "");
    if (session === undefined) throw new ImportError(this.path, "it is not one JSON document, or is cut off");
    return session;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    let lines: string[] = [];
    let length = 0;
    for await (const line of this.#lines()) {
      lines.push(line);
      length += line.length;
      if (length < CHUNK) continue;
      yield Buffer.from(lines.join(""));
      lines = [];
      length = 0;
    }
    if (length > 0) yield Buffer.from(lines.join(""));
  }

  async *#lines(): AsyncGenerator<string> {
    const messages = [];
    for (const file of await filesIn(join(this.#storage, "message", basename(this.path, ".json")))) {
      const text = await this.#text(file);
      if (text === undefined) continue;
      const created = objectIn(jsonIn(text)?.["time"])["created"];
      messages.push({ file, created: typeof created === "number" ? created : Infinity });
    }
    messages.sort((a, b) => a.created - b.created || (a.file < b.file ? -1 : 1));
    for (const { file } of messages) {
      yield* this.#line("message", file);
      for (const part of await filesIn(join(this.#storage, "part", basename(file, ".json"))))
        yield* this.#line("part", part);
    }
    yield* this.#line("session", this.path);
  }

  async *#line(table: string, file: string): AsyncGenerator<string> {
    const text = await this.#text(file);
    // It was removed meanwhile.
    if (text === undefined) return;
    yield `${JSON.stringify({ table, file: relative(this.#storage, file), text })}\n`;
  }

  async #text(file: string): Promise<string | undefined> {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new ImportError(file, unreadable(error), { cause: error });
    }
  }
}

/** Reads what `OpencodeTree` gives. The database has the same sessions, and takes their place. */
export function opencodeTreeImporter(path: string, session: JsonObject): Importer {
  const id = textIn(session["id"]) ?? basename(path, ".json");
  const parent = textIn(session["parentID"]);
  const time = objectIn(session["time"]);
  return {
    ...{ format: "opencode", version: 1, shape: "lines" },
    recognises: () => false,
    supersededBy: (_path, stored) => stored.endsWith(".db"),
    begin: (harvest) => {
      harvest.main.id = opencodeSessionId(id);
      harvest.main.parentId = parent === undefined ? null : opencodeSessionId(parent);
      const row = { ...session, id, time_created: time["created"] ?? null };
      const reader = new OpencodeReader(harvest, row);
      return {
        record: ({ table, file, text }) => {
          if (table === "session") {
            reader.end();
            return;
          }
          const data = jsonIn(textIn(text) ?? "") ?? null;
          const own = basename(textIn(file) ?? "", ".json");
          reader.row(table as string, { id: own, message_id: basename(dirname(textIn(file) ?? "")), data });
        },
      };
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new ImportError(folder, unreadable(error), { cause: error });
  }
}

function jsonIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
