import { Violation } from "../simulation/history.ts";

/** What is known of one message. */
interface Entry {
  /** The texts that it may have: more than one when someone edited it. */
  readonly texts: Set<string>;
  /** `sure`: it must be there. `open`: it may be. `refused`: it must not be. */
  standing: "sure" | "open" | "refused";
  /** When its writer began, and when it was told that it is stored. */
  readonly began: number;
  ended: number;
  readonly writer: string;
  revision: number | undefined;
  /** When it was edited last. */
  edited: number;
  /** Someone replaced it on purpose. */
  mayBeMissing: boolean;
  /** Someone wrote it in a way that may as well be an addition. */
  mayRepeat: boolean;
}

/** A session as the API shows it. */
export interface Shown {
  readonly revision: number;
  readonly title: string | null;
  /** The texts of its messages. */
  readonly texts: readonly string[];
}

/** What has been written into one session, by us and by those beside us, and what must therefore be in it. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** A title that a person set and nobody may take back. */
  #title: string | undefined;
  /** Someone beside us has removed the document. */
  isRemoved = false;
  /** Someone beside us wrote a document and did not sync it: a power cut may damage it. */
  hasUnsynced = false;
  /** The document was found damaged. */
  isDamaged = false;
  #time = 0;
  #highest = 0;

  now(): number {
    return ++this.#time;
  }

  begin(writer: string, text: string): string {
    const name = nameOf(text);
    this.#entries.set(name, {
      texts: new Set([text]),
      standing: "open",
      began: this.now(),
      ended: Infinity,
      writer,
      revision: undefined,
      edited: 0,
      mayBeMissing: false,
      mayRepeat: false,
    });
    return name;
  }

  /** Its writer knows that it is stored. @param revision where it was told one. */
  stored(name: string, revision?: number): void {
    const entry = this.#entry(name);
    entry.standing = "sure";
    entry.ended = this.now();
    if (revision === undefined) return;
    entry.revision = revision;
    for (const [other, { revision: its, ended, began }] of this.#entries) {
      if (other === name || its === undefined) continue;
      if (its === revision && !this.#isOneCommit(name, other))
        throw new Violation(`${other} and ${name} were both told to be revision ${revision}`);
      if ((ended < entry.began && its > revision) || (entry.ended < began && its < revision))
        throw new Violation(`${other} is revision ${its}, ${name}, which came after, ${revision}`);
    }
    this.#highest = Math.max(this.#highest, revision);
  }

  /** Messages of one commit have one revision. */
  #isOneCommit(name: string, other: string): boolean {
    return this.#entry(name).writer === this.#entry(other).writer;
  }

  refused(name: string): void {
    this.#entry(name).standing = "refused";
  }

  /** Someone replaced these on purpose. */
  replaced(texts: Iterable<string>): void {
    for (const text of texts) {
      const entry = this.#entries.get(nameOf(text));
      if (entry !== undefined) entry.mayBeMissing = true;
    }
  }

  /** Someone may have replaced all messages but these. */
  replacedAllBut(texts: readonly string[]): void {
    const names = new Set(texts.map(nameOf));
    for (const [name, entry] of this.#entries) if (!names.has(name)) entry.mayBeMissing = true;
  }

  /** These may be there twice. */
  mayRepeat(texts: readonly string[]): void {
    for (const text of texts) this.#entry(nameOf(text)).mayRepeat = true;
  }

  /**
   * Someone changed the text of a message.
   * @param isCertain nobody may take that back, except a power cut before `synced`.
   */
  edited(text: string, isCertain: boolean): void {
    const entry = this.#entry(nameOf(text));
    const before = [...entry.texts];
    if (isCertain && !entry.mayRepeat) {
      entry.texts.clear();
      this.#whenCut.push(() => {
        for (const one of before) entry.texts.add(one);
      });
    }
    entry.texts.add(text);
    entry.edited = this.now();
  }

  /** Someone set the title. @param isCertain as for `edited`. */
  titled(title: string, isCertain: boolean): void {
    this.#title = isCertain ? title : undefined;
    if (isCertain)
      this.#whenCut.push(() => {
        this.#title = undefined;
      });
  }

  /** What was edited last has its name on the disk. */
  synced(): void {
    this.#whenCut.length = 0;
  }

  /** What a power cut may undo: a document that was renamed, while its directory was not synced. */
  readonly #whenCut: (() => void)[] = [];

  /** @param since what was written after this time may have come too late to be seen. */
  check(where: string, { revision, title, texts }: Shown, since = Infinity): void {
    const names = texts.map(nameOf);
    const fail = (what: string): never => {
      throw new Violation(`${where}: ${what}: revision ${revision} [${texts.map(short).join(", ")}]`);
    };
    for (const [at, text] of texts.entries()) {
      const name = names[at] ?? "";
      const entry = this.#entries.get(name);
      if (entry === undefined) return fail(`nobody wrote ${short(text)}`);
      if (!entry.texts.has(text) && Math.max(entry.ended, entry.edited) < since)
        fail(`${name} is not as it was written or edited`);
      if (entry.standing === "refused") fail(`${name} was said not to be stored`);
      if (names.indexOf(name) !== at && !entry.mayRepeat) fail(`${name} is there twice`);
    }
    for (const [name, entry] of this.#entries) {
      if (entry.standing !== "sure" || entry.mayBeMissing || entry.ended > since) continue;
      if (!names.includes(name)) fail(`${name} of ${entry.writer} is missing`);
    }
    const there = names.map((name) => this.#entry(name)).filter((entry) => !entry.mayRepeat);
    for (const [at, entry] of there.entries()) {
      const later = there
        .slice(0, at)
        .find(
          (before) => before.began > entry.ended && before.standing === "sure" && isOrdered(before, entry),
        );
      if (later !== undefined)
        fail(`${[...entry.texts][0]} was stored before ${[...later.texts][0]} was begun`);
    }
    if (this.#title !== undefined && title !== this.#title && since === Infinity)
      fail(`the title is ${title}, not ${this.#title}`);
    if (since === Infinity && revision < this.#highest) fail(`revision ${this.#highest} was told before`);
  }

  /** Every message of ours that was told to be stored is in the history, whatever became of it. */
  checkHistory(texts: readonly string[]): void {
    const names = new Set(texts.map(nameOf));
    for (const [name, { revision, writer }] of this.#entries)
      if (revision !== undefined && !names.has(name))
        throw new Violation(`${name} of ${writer} is not in the history`);
  }

  /** After a power cut: what was found is, and what was not is no more. */
  settle({ texts }: Shown): void {
    const names = new Set(texts.map(nameOf));
    for (const [name, entry] of this.#entries) {
      entry.ended = Math.min(entry.ended, this.#time);
      if (names.has(name)) entry.standing = "sure";
      else if (!entry.mayBeMissing || entry.standing !== "sure") entry.standing = "refused";
    }
    for (const name of names) this.#entry(name).texts.clear();
    for (const text of texts) this.#entry(nameOf(text)).texts.add(text);
    this.hasUnsynced = this.isDamaged;
    this.isDamaged = false;
  }

  /** A power cut: what those beside us wrote without a sync may be gone. */
  powerCut(): void {
    for (const undo of this.#whenCut.splice(0)) undo();
    for (const entry of this.#entries.values())
      if (entry.standing === "sure" && entry.revision === undefined && entry.writer === "Astrid")
        entry.standing = this.#wasThere.has(entry) ? "sure" : "open";
  }

  readonly #wasThere = new Set<Entry>();

  /** These stood in what a power cut left: they are on the disk. */
  seen({ texts }: Shown): void {
    for (const text of texts) this.#wasThere.add(this.#entry(nameOf(text)));
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`nobody wrote ${name}`);
    return entry;
  }
}

/** Of two of ours, or of one writer, the one that was stored first comes first. */
function isOrdered(one: Entry, other: Entry): boolean {
  return one.writer === other.writer || (one.revision !== undefined && other.revision !== undefined);
}

/** The first word of a message names it; whoever edits a message changes what follows. */
export function nameOf(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}

function short(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
