import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { importFile } from "../../src/importers/import.ts";
import type { ImportResult } from "../../src/importers/import-result.ts";
import { originalOf } from "../../src/importers/original/read-original.ts";
import { SessionStore, type AgentSession, type Message } from "../../src/index.ts";

/** A folder for source files and a store in memory, new for each test. */
export class ImportPlace {
  base = "";
  store!: SessionStore;

  /** Writes a source file: bytes, a text, or records that become lines. */
  file(content: string | Buffer | readonly unknown[], name = "file.jsonl"): string {
    const path = join(this.base, name);
    mkdirSync(dirname(path), { recursive: true });
    const isLines = Array.isArray(content);
    const lines = isLines
      ? (content as readonly unknown[]).map((record) => `${lineOf(record)}\n`).join("")
      : undefined;
    writeFileSync(path, lines ?? (content as string | Buffer));
    return path;
  }

  async import(path: string): Promise<ImportResult> {
    return await importFile(this.store, path);
  }

  async session(id: string): Promise<AgentSession> {
    const session = await this.store.load(id);
    if (session === undefined) throw new Error(`no session ${id}`);
    return session;
  }

  /** What a file becomes. */
  async read(
    content: string | Buffer | readonly unknown[],
    name?: string,
  ): Promise<{
    readonly result: ImportResult;
    readonly session: AgentSession;
    readonly messages: readonly Message[];
  }> {
    const result = await this.import(this.file(content, name));
    const session = await this.session(result.sessionId);
    return { result, session, messages: session.messages };
  }

  async original(id: string, state?: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of originalOf(this.store, id, state)) parts.push(part);
    return Buffer.concat(parts);
  }
}

function lineOf(record: unknown): string {
  return typeof record === "string" ? record : JSON.stringify(record);
}

export function importPlace(): ImportPlace {
  const place = new ImportPlace();
  beforeEach(() => {
    place.base = mkdtempSync(join(tmpdir(), "astrid-import-"));
    place.store = new SessionStore("memory:");
  });
  afterEach(async () => {
    await place.store.close();
    rmSync(place.base, { recursive: true, force: true });
  });
  return place;
}

/** Messages as `role: text`, for a glance. */
export function told(messages: readonly Message[]): string[] {
  return messages.map(
    ({ role, content, meta }) => `${role}${meta === true ? " (meta)" : ""}: ${textOf(content)}`,
  );
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content
    .map((part: Record<string, unknown>) =>
      typeof part["text"] === "string"
        ? part["text"]
        : part["type"] === "tool_use"
          ? `call ${String(part["id"])}`
          : part["type"] === "tool_result"
            ? `result ${String(part["tool_use_id"])}`
            : JSON.stringify(part),
    )
    .join(" | ");
}
