import { detected } from "./detect.ts";
import { SourceFile } from "./read/source-file.ts";

/** What a file is. */
export interface DetectedFormat {
  /** The agent's or the format's short name, as `ImportResult.format` has it; for what is not supported, its full name. */
  readonly format: string;
  /** Whether it can be imported. */
  readonly isSupported: boolean;
}

/**
 * What a file is, by its content; `undefined` for a readable file of no known format.
 * @throws {ImportError} when the file cannot be read, is empty, or is filled with zero bytes.
 */
export async function detectFormat(path: string): Promise<DetectedFormat | undefined> {
  const source = SourceFile.open(path);
  try {
    const found = await detected(source);
    if (found === undefined) return undefined;
    return found.type === "unsupported"
      ? { format: found.name, isSupported: false }
      : { format: found.importer.format, isSupported: true };
  } finally {
    source.close();
  }
}
