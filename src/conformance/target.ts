import type { EngineCapabilities, StorageEngine } from "../engine/contract.ts";

/**
 * What the suite needs of a test runner; vitest, node:test and mocha (`{ test: it, describe }`) have it. Some tests
 * take seconds on a slow disk: give them a minute.
 */
export interface TestRunner {
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  readonly describe?: ((name: string, body: () => void) => unknown) | undefined;
}

/** An engine on a place of its own, which nobody else uses. */
export interface OpenedEngine {
  readonly engine: StorageEngine;
  /**
   * Another engine on the same place, as a new process would open it. The suite closes the one before where
   * capabilities ask for it, and leaves it open where several processes may share the place.
   */
  reopen(): Promise<StorageEngine>;
  /** What `open` of the target's `opener` module takes. Needed for `multiProcess`. */
  readonly location?: string | undefined;
  /** Closes every engine that was opened here and removes the place. */
  dispose(): Promise<void>;
}

/** An engine to test. */
export interface EngineTarget {
  readonly name: string;
  /** What the engine claims; the suite tests both sides of each. */
  readonly capabilities: EngineCapabilities;
  /** Called once per test, for an empty place. */
  open(): Promise<OpenedEngine>;
  /**
   * URL of a module that other processes import; its `open(location)` returns an engine on that place. Needed for
   * `multiProcess`.
   */
  readonly opener?: string | undefined;
}

/** What a target's `opener` module exports. */
export interface EngineOpener {
  readonly open: (location: string) => StorageEngine | Promise<StorageEngine>;
}
