import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createHash, randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { AstridHome, type Environment } from "../../home/astrid-home.ts";
import { storageCodeOf } from "../../home/workspace-id.ts";
import { StorageError } from "../../session/errors/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { GivenSource } from "./sources.ts";

/** A file that was not taken, or of which something is missing. */
export interface Trouble {
  readonly path: string;
  readonly reason: string;
}

/** How a look through a folder ended. */
export interface Look {
  readonly agent: string;
  readonly folder: string;
  readonly at: string;
  /** False when it was interrupted, or the store failed. */
  readonly isComplete: boolean;
  readonly files: number;
  readonly failedCount: number;
  readonly lossyCount: number;
  /** The first of both. */
  readonly failed: readonly Trouble[];
  readonly lossy: readonly Trouble[];
}

/** What `sync` remembers: the folders that somebody agreed to, and the last look through each. */
export interface SyncState {
  readonly agreed: readonly GivenSource[];
  readonly looks: readonly Look[];
}

/** So many files that were not taken are remembered by name. */
export const MOST_TROUBLES = 100;
const NOTHING: SyncState = { agreed: [], looks: [] };

/**
 * The folder in which `sync` keeps what it knows of a store: the store's own when it is one of files, else one in
 * Astrid's home; `undefined` for a store in memory.
 */
export function syncHome(store: SessionStore, env: Environment = process.env): string | undefined {
  const { name, location } = store.engine;
  if (name === "file") return location;
  if (name === "memory") return undefined;
  const key = createHash("sha256").update(location).digest("hex").slice(0, 16);
  return join(AstridHome.resolve(env).root, "sync", key);
}

/** `sync.json`: small, read as a whole and replaced as a whole. */
export class SyncMemory {
  readonly #path: string | undefined;
  /** Of a store that has no folder. */
  #held: SyncState = NOTHING;

  constructor(home: string | undefined) {
    this.#path = home === undefined ? undefined : join(home, "sync.json");
  }

  /** What is remembered; nothing when it cannot be read: then consent is asked for again. */
  read(): SyncState {
    if (this.#path === undefined) return this.#held;
    try {
      return stateIn(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch {
      return NOTHING;
    }
  }

  agree(sources: readonly GivenSource[]): void {
    const { agreed, looks } = this.read();
    const fresh = sources.filter((source) => !agreed.some((one) => isSame(one, source)));
    if (fresh.length > 0) this.#write({ agreed: [...agreed, ...fresh], looks });
  }

  /** @returns whether it had been agreed to. */
  forget(folder: string): boolean {
    const { agreed, looks } = this.read();
    const left = agreed.filter((one) => one.folder !== folder);
    if (left.length === agreed.length) return false;
    this.#write({ agreed: left, looks: looks.filter((one) => one.folder !== folder) });
    return true;
  }

  looked(fresh: readonly Look[]): void {
    const { agreed, looks } = this.read();
    const others = looks.filter((look) => !fresh.some((one) => isSame(one, look)));
    this.#write({ agreed, looks: [...others, ...fresh] });
  }

  /** @throws {StorageError} when it cannot be kept. */
  #write(state: SyncState): void {
    this.#held = state;
    if (this.#path === undefined) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      replace(this.#path, `${JSON.stringify({ version: 1, ...state }, undefined, 1)}\n`);
    } catch (error) {
      const message = `What sync remembers could not be written to ${this.#path} (${String((error as { code?: unknown }).code)}): free space, or make its directory writable.`;
      throw new StorageError(storageCodeOf(error), message, "not-stored", { cause: error });
    }
  }
}

/** The new text takes the old one's place as a whole, and is on disk then. */
function replace(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

export function isSame(a: GivenSource, b: GivenSource): boolean {
  return a.agent === b.agent && a.folder === b.folder;
}

function stateIn(value: unknown): SyncState {
  if (!isJsonObject(value)) return NOTHING;
  return {
    agreed: objects(value["agreed"]).flatMap(({ agent, folder }) =>
      typeof agent === "string" && typeof folder === "string" ? [{ agent, folder }] : [],
    ),
    looks: objects(value["looks"]).flatMap(lookIn),
  };
}

function lookIn({ agent, folder, at, isComplete, files, ...rest }: JsonObject): Look[] {
  if (typeof agent !== "string" || typeof folder !== "string" || typeof at !== "string") return [];
  const [failed, lossy] = [troubles(rest["failed"]), troubles(rest["lossy"])];
  return [
    {
      ...{ agent, folder, at, isComplete: isComplete === true, files: countIn(files, 0), failed, lossy },
      failedCount: countIn(rest["failedCount"], failed.length),
      lossyCount: countIn(rest["lossyCount"], lossy.length),
    },
  ];
}

function countIn(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function troubles(value: Json | undefined): Trouble[] {
  return objects(value).flatMap(({ path, reason }) =>
    typeof path === "string" && typeof reason === "string" ? [{ path, reason }] : [],
  );
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? (value as Json[]).filter((item) => isJsonObject(item)) : [];
}
