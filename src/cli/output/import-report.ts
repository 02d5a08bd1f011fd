import type { ImportResult } from "../../importers/import-result.ts";
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
  /** Known formats that are not read, and how many files of each there were. */
  readonly #unsupported = new Map<string, number>();
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

  /** Whether everything could be read, and there was something. */
  get complete(): boolean {
    if (this.#failed.length > 0 || this.#results.some((result) => result.lossy)) return false;
    return this.#results.length > 0 || this.passedOver === 0;
  }

  /** A file of a known format that is not read; it counts as passed over too. */
  unsupported(name: string): void {
    this.#unsupported.set(name, (this.#unsupported.get(name) ?? 0) + 1);
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

  async end(isInterrupted: boolean): Promise<void> {
    this.#progress.clear();
    if (this.#output.json) {
      const { passedOver } = this;
      const unsupported = Object.fromEntries(this.#unsupported);
      const files = this.#results;
      await this.#output.document({ files, failed: this.#failed, passedOver, unsupported, isInterrupted });
      return;
    }
    const sessions = this.#results.flatMap((result) => [result, ...result.others]);
    const outcomes = (["created", "extended", "rewritten", "unchanged", "in trash"] as const).flatMap(
      (outcome) => {
        const count = sessions.filter((session) => session.outcome === outcome).length;
        return count === 0 && outcome !== "created" ? [] : [`${count} ${outcome}`];
      },
    );
    const messages = sessions.reduce((sum, session) => sum + session.messagesAdded, 0);
    const problems = this.#results.reduce((sum, result) => sum + result.problemCount, 0);
    const parts = [...outcomes, `${counted(messages, "message")} added`];
    if (problems > 0) parts.push(counted(problems, "place to look at"));
    if (this.#failed.length > 0) parts.push(`${counted(this.#failed.length, "file")} failed`);
    if (this.passedOver > 0) parts.push(`${counted(this.passedOver, "other file")} passed over`);
    for (const [name, count] of this.#unsupported)
      parts.push(`of these ${count} like ${name}'s, which is not supported`);
    if (isInterrupted) parts.push("interrupted: import again to go on");
    this.#output.note(parts.join(", "));
  }

  #tellDetails(result: ImportResult): void {
    const { divergedFrom, forkedFrom, others, problems, problemCount } = result;
    const note = (text: string): void => this.#output.note(`           ${text}`);
    if (divergedFrom !== undefined) {
      note(`Session ${divergedFrom} went another way than this file; it was left as it is.`);
    }
    if (result.outcome === "in trash")
      note("It is in the trash: restore it, or empty the trash, to import it.");
    if (forkedFrom !== undefined && result.outcome === "created")
      note(`It began as a copy of session ${forkedFrom}.`);
    const fresh = others.filter((other) => other.outcome !== "unchanged");
    if (fresh.length > 0) note(`With ${counted(fresh.length, "further session")} from the same file.`);
    for (const { line, offset, reason, salvaged, lost } of problems.slice(0, PLACES_TOLD)) {
      const place = line === undefined ? `byte ${offset}` : `line ${line} (byte ${offset})`;
      const kept = !lost ? "" : salvaged === 0 ? "; no message" : `; ${counted(salvaged, "record")} taken`;
      note(`${place}: ${reason}${kept}.`);
    }
    if (problemCount > PLACES_TOLD)
      note(`… and ${problemCount - PLACES_TOLD} more such places (--json lists them).`);
  }
}
