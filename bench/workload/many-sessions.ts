import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentSession, FileEngine, SessionStore } from "../../src/index.ts";
import { sessionMessages } from "./messages.ts";
import { unsyncedDisk } from "./unsynced-disk.ts";

/** Small ones, so that a hundred thousand fit: this flatters whoever reads them whole. */
const MESSAGES = 6;
const BYTES = 2000;
const DIFFERENT = 200;

export interface ManyOptions {
  /** When the session of this number was created. */
  readonly createdAt?: (index: number) => string;
  /** A second folder gets the same sessions as Astrid's own store keeps them. */
  readonly seedFolder?: string;
}

/** Makes sessions `from` to `to` of a store: the very files that saving and closing leaves behind. */
export async function makeSessions(
  folder: string,
  from: number,
  to: number,
  { createdAt, seedFolder }: ManyOptions = {},
): Promise<void> {
  const store = new SessionStore(new FileEngine(folder, { disk: unsyncedDisk() }), { closeEngine: true });
  const bodies = Array.from({ length: DIFFERENT }, (_, seed) => sessionMessages(MESSAGES, BYTES, seed));
  for (let index = from; index < to; index++) {
    const session = new AgentSession({
      ...(createdAt === undefined ? {} : { createdAt: createdAt(index) }),
      metadata: { title: `Session number ${index}` },
      workspacePath: null,
      messages: bodies[index % DIFFERENT] ?? [],
    });
    await store.save(session);
    await store.checkpoint(session.id);
    if (seedFolder !== undefined) copyForSeed(folder, seedFolder, session.id, index);
  }
  await store.close();
}

function copyForSeed(folder: string, seedFolder: string, id: string, index: number): void {
  const document: unknown = JSON.parse(readFileSync(join(folder, `${id}.json`), "utf8"));
  const path = join(seedFolder, `${id}.json`);
  writeFileSync(path, JSON.stringify(document, null, 2));
  // Seconds apart, as sessions of a person are.
  utimesSync(path, 1_700_000_000 + index, 1_700_000_000 + index);
}
