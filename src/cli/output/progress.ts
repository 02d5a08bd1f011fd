import { cutToWidth } from "./text-width.ts";

const PATIENCE = 1000;
const BETWEEN_DRAWINGS = 100;

/** A line on standard error that tells how far a long command is; only on a terminal, and only after a second. */
export class Progress {
  readonly #started = performance.now();
  readonly #enabled: boolean;
  #drawnAt = 0;
  #drawn = false;

  constructor(enabled = process.stderr.isTTY) {
    this.#enabled = enabled;
  }

  /** Replaces the line. `text` is only called when it is drawn. */
  show(text: () => string): void {
    if (!this.#enabled) return;
    const now = performance.now();
    if (now - this.#started < PATIENCE || now - this.#drawnAt < BETWEEN_DRAWINGS) return;
    this.#drawnAt = now;
    this.#drawn = true;
    process.stderr.write(`\r\u001b[2K${cutToWidth(text(), (process.stderr.columns || 80) - 1)}`);
  }

  /** Removes the line, before anything else is printed. */
  clear(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    process.stderr.write("\r\u001b[2K");
  }
}
