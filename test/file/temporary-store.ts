import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { AgentSession, Message, SessionStore, type EngineReport, type SessionId } from "../../src/index.ts";

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "astrid-sessions-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A store in a directory, and what it reported so far. */
export function openStore(directory: string): { store: SessionStore; reports: EngineReport[] } {
  const store = new SessionStore(directory);
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  onTestFinished(() => store.close());
  return { store, reports };
}

/** A stored session of so many messages, written by a store that is closed again. */
export async function storedSession(directory: string, messages: number, title = "Kept"): Promise<SessionId> {
  await using store = new SessionStore(directory);
  const session = new AgentSession({ systemPrompt: "be brief", metadata: { title } });
  for (let index = 0; index < messages; index++) {
    session.addMessage(Message.user(`message ${index}`));
    await store.save(session);
  }
  return session.id;
}

export function checkpointPath(directory: string, id: string): string {
  return join(directory, `${id}.json`);
}

export function journalPath(directory: string, id: string): string {
  return join(directory, `${id}.journal.jsonl`);
}
