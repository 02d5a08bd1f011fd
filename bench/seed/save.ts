import { open, rename, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Message } from "../../src/index.ts";

/** The session document that Astrid's runtime writes. */
export interface SeedDocument {
  readonly id: string;
  readonly user_id: string;
  readonly messages: Message[];
  readonly system_prompt: string;
  readonly created_at: string;
  readonly token_count: number;
  readonly metadata: { readonly title: string | null } & Readonly<Record<string, unknown>>;
  readonly allowances: readonly unknown[];
  readonly workspace_path: string | null;
  readonly model: string | null;
}

export async function saveDocument(path: string, document: SeedDocument, durable: boolean): Promise<void> {
  const json = JSON.stringify(document, null, 2);
  const temporary = path.replace(/json$/, "json.tmp");
  await writeFile(temporary, json, { flush: durable });
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  if (durable) await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
