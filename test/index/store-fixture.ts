import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { scanSession } from "../../src/engine/file/read/session-scan.ts";
import { sessionOfFile, SessionPaths } from "../../src/engine/file/disk/session-paths.ts";
import { pageOf } from "../../src/engine/list-query.ts";
import type { ListQuery } from "../../src/engine/contract.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import type { SessionSummary } from "../../src/session/summary/summary.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** A store of so many sessions of a few messages, with an index. */
export async function filled(directory: string, sessions: number): Promise<SessionId[]> {
  const ids = await written(directory, sessions);
  const engine = new FileEngine(directory);
  await engine.search({ text: "alpha" });
  await engine.close();
  return ids;
}

/** So many sessions of a few messages, written by an engine that is closed again. */
export async function written(directory: string, sessions: number): Promise<SessionId[]> {
  const engine = new FileEngine(directory);
  const ids: SessionId[] = [];
  for (let index = 0; index < sessions; index++) {
    const id = newSessionId();
    const set = {
      title: `Session ${index}`,
      createdAt: new Date(1e12 + index).toISOString(),
      workspacePath: `/w${index % 3}`,
    };
    await engine.commit(id, { base: 0, splice: [0, 0, [Message.user(`question ${index} alpha`)]], set });
    await engine.commit(id, { splice: ["end", 0, [Message.assistant(`answer ${index} beta`)]] });
    ids.push(id);
  }
  await engine.close();
  return ids;
}

/** What reading every file says that a query's page is. */
export async function scanned(directory: string, query: ListQuery = {}): Promise<SessionSummary[]> {
  const summaries: SessionSummary[] = [];
  const disk = new RealDisk();
  const ids = new Set((disk.list(directory) ?? []).map(sessionOfFile));
  for (const id of ids) {
    if (id === undefined) continue;
    const found = await scanSession(disk, new SessionPaths(directory), id);
    if ("summary" in found && found.summary !== undefined) summaries.push(found.summary);
  }
  return pageOf(summaries, query).sessions;
}

/** Runs a module's text in a process of its own, with `FileEngine` and `Message` at hand, and waits for its end. */
export function elsewhere(text: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "-e", `${IMPORTS}${text}`], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

export const IMPORTS = `
  import { FileEngine } from ${JSON.stringify(join(ROOT, "src/engine/file/file-engine.ts"))};
  import { Message } from ${JSON.stringify(join(ROOT, "src/session/message.ts"))};
`;
