import type { ImportResult } from "../../importers/import.ts";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";
import { printable } from "./text-width.ts";
import { counted } from "./units.ts";

export interface FailedFile {
  readonly path: string;
  readonly code: string;
  readonly reason: string;
}

/** A file with this many unreadable places is not described place by place. */
const PLACES_TOLD = 5;

/** Tells what an import does, file by file, and what it came to. */
export class ImportReport {
  /** Files of no known format. */
  passedOver = 0;
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #results: ImportResult[] = [];
  readonly #failed: FailedFile[] = [];

  constructor(output: Output, progress: Progress) {
    this.#output = output;
    this.#progress = progress;
  }

  get fileCount(): number {
    return this.#results.length + this.#failed.length;
  }

  /** Whether everything could be read. */
  get complete(): boolean {
    return this.#failed.length === 0 && !this.#results.some((result) => result.lossy);
  }

  async imported(result: ImportResult): Promise<void> {
    this.#results.push(result);
    if (this.#output.json) return;
    this.#progress.clear();
    const { outcome, sessionId, messagesAdded, path } = result;
    const added = outcome === "unchanged" ? "" : counted(messagesAdded, "message");
    const line = `${outcome.padEnd(9)}  ${sessionId.slice(0, 8)}  ${added.padStart(15)}  ${printable(path)}`;
    await this.#output.line(outcome === "unchanged" ? this.#output.style("dim", line) : line);
    this.#tellDetails(result);
  }

  async failed(file: FailedFile): Promise<void> {
    this.#failed.push(file);
    if (this.#output.json) return;
    this.#progress.clear();
    await this.#output.line(
      `${this.#output.style("red", "failed".padEnd(9))}  ${printable(file.path)}: ${file.reason}`,
    );
  }

  async end(): Promise<void> {
    this.#progress.clear();
    if (this.#output.json) {
      const { passedOver } = this;
      await this.#output.document({ files: this.#results, failed: this.#failed, passedOver });
      return;
    }
    const outcomes = (["created", "extended", "unchanged"] as const).map(
      (outcome) => `${this.#results.filter((result) => result.outcome === outcome).length} ${outcome}`,
    );
    const messages = this.#results.reduce((sum, result) => sum + result.messagesAdded, 0);
    const problems = this.#results.reduce((sum, result) => sum + result.problemCount, 0);
    const parts = [...outcomes, `${counted(messages, "message")} added`];
    if (problems > 0) parts.push(counted(problems, "malformed place"));
    if (this.#failed.length > 0) parts.push(`${counted(this.#failed.length, "file")} failed`);
    if (this.passedOver > 0) parts.push(`${counted(this.passedOver, "other file")} passed over`);
    this.#output.note(parts.join(", "));
  }

  #tellDetails(result: ImportResult): void {
    const { divergedFrom, leftOut, problems, problemCount } = result;
    const note = (text: string): void => this.#output.note(`           ${text}`);
    if (divergedFrom !== undefined) {
      note(`Session ${divergedFrom} went another way than this file; it was left as it is.`);
    }
    if (leftOut > 0) note(`${counted(leftOut, "record")} beside the conversation left out.`);
    for (const { line, offset, reason, salvaged } of problems.slice(0, PLACES_TOLD)) {
      const place = line === undefined ? `byte ${offset}` : `line ${line} (byte ${offset})`;
      const kept = salvaged === 0 ? "skipped" : `${counted(salvaged, "record")} kept`;
      note(`${place}: ${reason}; ${kept}.`);
    }
    if (problemCount > PLACES_TOLD)
      note(`… and ${problemCount - PLACES_TOLD} more such places (--json lists them).`);
  }
}
