import type { ImportedSession, ImportResult } from "../../importers/import-result.ts";
import type { Problem } from "../../importers/problem.ts";
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
    if (result.source === undefined) await this.#tell(result, result.path);
    else await this.#tellEach(result);
    this.#tellDetails(result);
  }

  async #tell({ outcome, sessionId, messagesAdded }: ImportedSession, from: string): Promise<void> {
    const added = outcome === "unchanged" ? "" : counted(messagesAdded, "message");
    const line = `${outcome.padEnd(9)}  ${sessionId.slice(0, 8)}  ${added.padStart(15)}  ${printable(from)}`;
    await this.#output.line(outcome === "unchanged" ? this.#output.style("dim", line) : line);
  }

  /** The sessions of a database that something became of, and how many have everything. */
  async #tellEach(result: ImportResult): Promise<void> {
    const sessions = [result, ...result.others];
    const unchanged = sessions.filter(({ outcome }) => outcome === "unchanged");
    for (const session of sessions)
      if (session.outcome !== "unchanged")
        await this.#tell(session, `${result.path}#${session.source ?? ""}`);
    if (unchanged.length === 0) return;
    const count = counted(unchanged.length, "session").padStart(25);
    await this.#output.line(this.#output.style("dim", `unchanged  ${count}  ${printable(result.path)}`));
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
    if (problems > 0) parts.push(`${counted(problems, "place")} to look at`);
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
    for (const other of others) {
      if (other.divergedFrom !== undefined)
        note(
          `Session ${other.divergedFrom} went another way than ${printable(other.source ?? "")}; it was left as it is.`,
        );
    }
    if (divergedFrom !== undefined) {
      note(`Session ${divergedFrom} went another way than this file; it was left as it is.`);
    }
    if (result.outcome === "in trash")
      note("It is in the trash: restore it, or empty the trash, to import it.");
    if (forkedFrom !== undefined && result.outcome === "created")
      note(`It began as a copy of session ${forkedFrom}.`);
    const fresh = others.filter((other) => other.outcome !== "unchanged");
    if (fresh.length > 0 && result.source === undefined)
      note(`With ${counted(fresh.length, "further session")} from the same file.`);
    for (const problem of problems.slice(0, PLACES_TOLD)) {
      const { reason, salvaged, lost } = problem;
      const kept = !lost ? "" : salvaged === 0 ? "; no message" : `; ${counted(salvaged, "record")} taken`;
      note(`${placeOf(problem, result)}: ${reason}${kept}.`);
    }
    if (problemCount > PLACES_TOLD)
      note(`… and ${problemCount - PLACES_TOLD} more such places (--json lists them).`);
  }
}

function placeOf({ session, line, offset }: Problem, { source }: ImportResult): string {
  if (session !== undefined) return `session ${printable(session)}`;
  if (source !== undefined) return "the database";
  return line === undefined ? `byte ${offset}` : `line ${line} (byte ${offset})`;
}
