import { open, stat } from "node:fs/promises";
import { ImportError } from "../session/errors.ts";
import { astrid } from "./astrid/astrid.ts";
import { claudeCode } from "./claude-code/claude-code.ts";
import type { Importer } from "./importer.ts";
import { jsonLines } from "./json-lines/json-lines.ts";

/** Every format that can be imported, the cheapest to recognise first. */
const IMPORTERS: readonly Importer[] = [jsonLines, claudeCode, astrid];

const FIRST_LOOK = 64 << 10;

/**
 * The importer for a file, by its content; its name does not matter. `undefined` for a readable file of no known
 * format.
 * @throws {ImportError} when the file cannot be read, is empty, or is filled with zero bytes.
 */
export async function detectFormat(path: string): Promise<Importer | undefined> {
  const start = await beginningOf(path);
  if (start.length === 0) throw new ImportError(path, "it is empty");
  if (start.every((byte) => byte === 0)) throw new ImportError(path, "it is filled with zero bytes");
  // Every format is JSON; this keeps pictures and programs from being read any further.
  if (!start.includes("{")) return undefined;
  for (const importer of IMPORTERS) {
    if (await importer.recognises(path)) return importer;
  }
  return undefined;
}

async function beginningOf(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new ImportError(path, "it is a directory");
    if (!found.isFile()) throw new ImportError(path, "it is not a regular file");
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(FIRST_LOOK);
      const { bytesRead } = await file.read(buffer, 0, FIRST_LOOK, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(path, unreadable(error), { cause: error });
  }
}

/** Why a path cannot be read, as a phrase. */
export function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file or directory";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ELOOP") return "its symbolic links go round in circles";
  return `it cannot be read (${code ?? String(error)})`;
}
