import type { Removal, SessionId } from "../../../src/index.ts";

/** What a cleanup was to remove, told by the number in its rule. */
interface Cleanup {
  readonly number: number;
  readonly to: Removal["to"];
  /** What went, once it was told; `undefined` before. */
  gone: ReadonlySet<SessionId> | undefined;
  /** Whether whoever began it was told that it is done. */
  isTold: boolean;
}

/** Larger than all sessions together: a size that takes nothing, and tells one rule from another in the log. */
const NUMBERED = 1_000_000_000_000;

/** What the log of removals has to tell. A contradiction comes back as a sentence. */
export class RemovalBook {
  readonly #cleanups = new Map<number, Cleanup>();
  readonly #cutShort = new Set<string>();
  /** Entries that were there after a power cut: they stay. */
  #known = new Set<string>();

  /** A cleanup that begins, and the size in its rule. */
  begin(to: Removal["to"]): Cleanup & { readonly maxBytes: number } {
    const cleanup: Cleanup = { number: this.#cleanups.size + 1, to, gone: undefined, isTold: false };
    this.#cleanups.set(cleanup.number, cleanup);
    return Object.assign(cleanup, { maxBytes: NUMBERED + cleanup.number });
  }

  /**
   * Whether a removal for good may have been cut short: its life is marked in the trash then, also when its id is used
   * again, and the next cleanup for good takes it.
   */
  get mayHaveMarked(): boolean {
    return [...this.#cleanups.values()].some(({ to, isTold }) => to === "gone" && !isTold);
  }

  /**
   * Holds the log of a disk that survived a power cut against what was done.
   * @param isComplete a removal that nobody was told of is in it as well, when it happened.
   */
  check(log: readonly Removal[]): string | undefined {
    const entries = log.map((one) => ({ one, number: numberIn(one.rule) }));
    const found = new Set<string>();
    for (const { one, number } of entries) {
      const key = keyOf(one);
      if (number === undefined) continue;
      const cleanup = this.#cleanups.get(number);
      if (cleanup === undefined) return `the log has a cleanup that nobody began: ${one.rule}`;
      // What was to go for good is in the trash when that was cut short, and the log says so until it is gone.
      const isCutShort = cleanup.to === "gone" && cleanup.gone === undefined && one.to === "trash";
      if (cleanup.to !== one.to && !isCutShort && !this.#cutShort.has(key))
        return `the log says ${one.to} of ${key}, and not ${cleanup.to}`;
      if (isCutShort) this.#cutShort.add(key);
      if (found.has(key)) return `the log has ${key} twice`;
      if (cleanup.gone !== undefined && !cleanup.gone.has(one.id)) return `the log has ${key}, which stayed`;
      found.add(key);
    }
    for (const key of this.#known) if (!found.has(key)) return `the log has ${key} no longer`;
    for (const { number, gone } of this.#cleanups.values())
      for (const id of gone ?? [])
        if (!found.has(`${id} ${number}`)) return `the log lacks ${id} of cleanup ${number}, which went`;
    this.#known = found;
    // What was not told until now, and is not in the log, did not happen and must not come.
    for (const cleanup of this.#cleanups.values())
      cleanup.gone ??= new Set(
        entries.filter(({ number }) => number === cleanup.number).map(({ one }) => one.id),
      );
    return undefined;
  }
}

function keyOf(one: Removal): string {
  return `${one.id} ${numberIn(one.rule) ?? ""}`;
}

function numberIn(rule: string): number | undefined {
  const found = /together more than (\d+) bytes/.exec(rule)?.[1];
  return found === undefined ? undefined : Number(found) - NUMBERED;
}
