import type { Message } from "../../src/index.ts";

/** What a save that was acknowledged outlives. */
export type Survives =
  "power cut" | "power cut, not the new name" | "process death" | "no crash in mid-write";

/** A way to keep sessions. */
export interface Contender {
  readonly name: string;
  readonly survives: Survives;
  /** @throws when it cannot be had here. */
  open(folder: string): Promise<OpenContender>;
}

export interface OpenContender {
  /** Begins a session that holds these messages already; not measured. */
  begin(id: string, messages: readonly Message[]): Promise<SaveTurn>;
  close(): Promise<void>;
}

/** Adds a turn to the session and resolves when the contender calls it stored. This is measured. */
export type SaveTurn = (turn: readonly Message[]) => unknown;
