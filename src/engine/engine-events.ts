import type { EngineListener, EngineProgress, EngineReport } from "./contract.ts";

/**
 * Whoever listens to an engine. Each is told in a turn of its own, before the call that was the occasion settles: what a
 * listener throws becomes an uncaught exception, as with Node's `diagnostics_channel`; it disturbs neither the engine,
 * which may have a lock at that moment, nor the other listeners.
 */
export class EngineEvents {
  readonly #listeners = new Set<EngineListener>();

  /** @returns ends it: the listener is not told what is on its way to it either. */
  subscribe(listener: EngineListener): () => void {
    const own = { ...listener };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  report(report: EngineReport): void {
    this.#tell((listener) => listener.report?.(report));
  }

  progress(progress: EngineProgress): void {
    this.#tell((listener) => listener.progress?.(progress));
  }

  #tell(tell: (listener: EngineListener) => void): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) tell(listener);
      });
    }
  }
}
