import type { InspectedSource } from "../../importers/sync/inspect.ts";
import type { SourceStatus, SyncStatus } from "../../importers/sync/status.ts";
import type { SyncedSource, SyncReport } from "../../importers/sync/sync-sessions.ts";
import type { Trouble } from "../../importers/sync/sync-state.ts";
import type { Context } from "../context.ts";
import { CommandError, EXIT } from "../exit-code.ts";
import { canAsk } from "./ask.ts";
import type { Output } from "./output.ts";
import { tableLines, type Column } from "./table.ts";
import { printable, textWidth } from "./text-width.ts";
import { byteSize, counted, fullTime, grouped } from "./units.ts";

type Unread = SyncStatus["unread"];

/** So many files, of each folder and kind, are named; JSON names all that are known. */
const MOST_NAMED = 5;

const COLUMNS: readonly Column[] = [
  { header: "AGENT" },
  { header: "FOLDER", shrinksTo: 20 },
  { header: "SESSIONS", align: "right" },
  { header: "SIZE", align: "right" },
  { header: "NEW", align: "right" },
  { header: "CHANGED", align: "right" },
  { header: "THE AGENT DELETES" },
];

/** Tells what `sync` found, did and remembers. */
export class SyncReportPrinter {
  readonly #output: Output;
  readonly #now: Date;
  readonly #place: string;

  constructor({ store, output, now }: Context) {
    this.#output = output;
    this.#now = now;
    this.#place = store.location;
  }

  /**
   * What nobody has agreed to yet; asks for it on a terminal.
   * @returns whether it was agreed to.
   */
  async preview(
    found: readonly InspectedSource[],
    unread: Unread,
    isAll: boolean,
    ask: () => Promise<boolean>,
  ): Promise<boolean> {
    const output = this.#output;
    if (output.json) {
      if (!isAll) return false;
      await output.document({ store: this.#place, isAgreed: false, sources: found.map(shown), unread });
      return false;
    }
    const rows = found.map((source) => [
      ...[source.name, printable(source.folder), grouped(source.files), byteSize(source.bytes)],
      ...[grouped(source.fresh), grouped(source.changed), this.#deletes(source)],
    ]);
    const lines = this.#fitting(rows);
    if (isAll) for (const line of lines) await output.line(line);
    else for (const line of lines) output.note(line);
    this.#tellUnread(unread);
    if (canAsk()) return await ask();
    output.note(`Nothing of ${isAll ? "this" : "these"} was brought in: agree with --yes.`);
    return false;
  }

  /** @throws {CommandError} */
  async nothing(unread: Unread): Promise<never> {
    this.#tellUnread(unread);
    throw await Promise.resolve(
      new CommandError(
        "NOT_FOUND",
        EXIT.notFound,
        "No folder of an agent that can be read is here: name one with --from <agent>=<folder>.",
      ),
    );
  }

  async report({ sources, isInterrupted }: SyncReport): Promise<void> {
    const output = this.#output;
    if (output.json) {
      await output.document({ store: this.#place, isAgreed: true, sources, isInterrupted });
      return;
    }
    for (const source of sources) {
      await output.line(`${source.name}  ${printable(source.folder)}  ${summed(source)}`);
      this.#tellTroubles("not taken", source.failed);
      this.#tellTroubles("not whole", source.lossy);
    }
  }

  async status(status: SyncStatus): Promise<void> {
    const output = this.#output;
    if (output.json) {
      const sources = status.sources.map((source) => ({ ...shown(source), wrong: source.wrong }));
      await output.document({ store: this.#place, isWell: status.isWell, sources, unread: status.unread });
      return;
    }
    for (const source of status.sources) await this.#sourceStatus(source);
    if (status.sources.length === 0)
      await output.line(
        output.style("red", "No folder of an agent that can be read is here: nothing is brought in."),
      );
    this.#tellUnread(status.unread);
  }

  async #sourceStatus(source: SourceStatus): Promise<void> {
    const output = this.#output;
    const { name, folder, files, bytes, fresh, changed, look, gone, wrong } = source;
    await output.line(`${output.style("bold", name)}  ${printable(folder)}`);
    const line = (text: string): Promise<void> => output.line(`  ${text}`);
    await line(
      `${counted(files, "session")}, ${byteSize(bytes)}; ${grouped(fresh)} new, ${grouped(changed)} changed since`,
    );
    await line(look === undefined ? "never looked at" : `last looked at ${fullTime(look.at, this.#now)}`);
    const deletes = this.#deletes(source);
    if (deletes !== "") await line(`deletes ${deletes}`);
    if (gone.length > 0) {
      const newest = gone[0]?.updatedAt ?? "";
      await line(
        `deleted ${counted(gone.length, "session")} that are kept here, the newest of ${fullTime(newest, this.#now)}: "give-back <session>" returns one`,
      );
      for (const { sessionId, path } of gone.slice(0, MOST_NAMED))
        await line(`  ${sessionId}  ${printable(path)}`);
      if (gone.length > MOST_NAMED)
        await line(`  … and ${gone.length - MOST_NAMED} more (--json lists them)`);
    }
    for (const sentence of wrong) await line(output.style("red", sentence));
    for (const { path, reason } of [...(look?.failed ?? []), ...(look?.lossy ?? [])].slice(0, MOST_NAMED))
      await line(`  ${printable(path)}: ${reason}`);
    if (wrong.length === 0) await line(output.style("green", "Everything was taken."));
  }

  /** What an agent deletes is a sentence below the table where it has no room in it. */
  #fitting(rows: readonly (readonly string[])[]): string[] {
    const { width } = this.#output;
    const lines = tableLines(COLUMNS, rows, width);
    if (width === undefined || lines.every((line) => textWidth(line) <= width)) return lines;
    const sentences = rows.flatMap(([agent = "", ...row]) => {
      const [rule = "", ...dates] = (row.at(-1) ?? "").split(/, (.*)/s).filter((part) => part !== "");
      return rule === "" ? [] : [`${agent} deletes ${rule}`, ...dates.map((date) => `  ${date}`)];
    });
    return [...tableLines(COLUMNS.slice(0, -1), rows, width), ...sentences];
  }

  #deletes({ due }: InspectedSource): string {
    if (due.days === undefined) return due.said === undefined ? "" : "nothing by itself";
    const parts = [`after ${due.days} days`];
    if (due.overdue > 0) parts.push(`${grouped(due.overdue)} at its next start`);
    if (due.soon > due.overdue) parts.push(`${grouped(due.soon - due.overdue)} more within a week`);
    if (due.next !== undefined) parts.push(`the next on ${fullTime(due.next, this.#now).slice(0, 10)}`);
    return parts.join(", ");
  }

  #tellTroubles(what: string, troubles: readonly Trouble[]): void {
    for (const { path, reason } of troubles.slice(0, MOST_NAMED))
      this.#output.note(`  ${what}: ${printable(path)}: ${reason}`);
    if (troubles.length > MOST_NAMED)
      this.#output.note(`  … and ${troubles.length - MOST_NAMED} more (--json lists them)`);
  }

  #tellUnread(unread: Unread): void {
    for (const { name, folder } of unread)
      this.#output.note(`${name} is here too, and is not read: ${printable(folder)}`);
  }
}

/** What one source came to, in a line. */
export function summed({ files, outcomes, messagesAdded, failed, isComplete }: SyncedSource): string {
  const parts = [counted(files, "session")];
  for (const outcome of ["created", "extended", "rewritten", "in trash"] as const)
    if (outcomes[outcome] > 0) parts.push(`${grouped(outcomes[outcome])} ${outcome}`);
  parts.push(messagesAdded > 0 ? `${counted(messagesAdded, "message")} added` : "nothing new");
  if (failed.length > 0) parts.push(`${grouped(failed.length)} not taken`);
  if (!isComplete) parts.push("not finished");
  return parts.join(", ");
}

/** As JSON names it. */
function shown(source: InspectedSource): object {
  const { fresh, look, gone, due, ...rest } = source;
  return {
    ...rest,
    new: fresh,
    lastLook: look ?? null,
    due: { ...due, days: due.days ?? null, said: due.said ?? null, next: due.next ?? null },
    gone,
  };
}
