import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const PLACE = join(tmpdir(), "astrid-sessions-");

/** Whether a path is that of what came from a stream, which is there only while it is used. */
export function isSpooled(path: string): boolean {
  return path.startsWith(PLACE);
}

/** Whether a path is a pipe or another thing that can be read only once. */
export async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && (found.isFIFO() || found.isCharacterDevice() || found.isSocket());
}

/** What comes from a stream as a file, for as long as it is used: importing reads its source more than once. */
export async function withSpooled<T>(
  source: NodeJS.ReadableStream,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(PLACE);
  try {
    const path = join(directory, "input");
    await pipeline(source, createWriteStream(path, { mode: 0o600 }));
    return await use(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
