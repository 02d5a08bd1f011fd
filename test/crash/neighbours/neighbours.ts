import type { SessionId } from "../../../src/index.ts";
import { STORE } from "../simulation/open-alone.ts";
import type { Random } from "../simulation/random.ts";
import { astridsText, documentFrom, withoutOurKeys, type Document } from "./document.ts";
import { nameOf, type Ledger } from "./ledger.ts";
import type { NeighbourFiles, Window } from "./neighbour-files.ts";

/** Who and what is beside us. Each can be turned on alone. */
export const ACTORS = [
  /** Astrid holds a session in memory, adds to it and saves the whole document without our keys. */
  "astrid",
  /** Astrid replaces all messages by a summary now and then. */
  "astrid-clears",
  /** Astrid removes the document. */
  "astrid-removes",
  /** A person opens the document, and some time later saves it with a change, under a new file. */
  "editor",
  /** The editor writes into the file that is there. */
  "editor-in-place",
] as const;

export type Actor = (typeof ACTORS)[number];

export interface Surroundings {
  readonly actors: ReadonlySet<Actor>;
  readonly files: NeighbourFiles;
  readonly window: Window;
  readonly ledgers: ReadonlyMap<SessionId, Ledger>;
  readonly random: Random;
  readonly newNumber: () => number;
  readonly log: ((line: string) => void) | undefined;
  readonly turn: () => Promise<void>;
}

export function documentPath(id: SessionId): string {
  return `${STORE}/${id}.json`;
}

function journalPath(id: SessionId): string {
  return `${STORE}/${id}.journal.jsonl`;
}

/** Astrid's runtime, as one process that lives as long as the machine. */
export class Astrid {
  readonly #around: Surroundings;
  readonly #held = new Map<SessionId, Document>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  async work(): Promise<never> {
    const { random, ledgers, turn } = this.#around;
    for (;;) {
      for (let pause = random.below(30); pause >= 0; pause--) await turn();
      await this.#step(random.pick([...ledgers.keys()]));
    }
  }

  async #step(id: SessionId): Promise<void> {
    const { random, actors, ledgers, files, window, log } = this.#around;
    const ledger = ledgers.get(id) as Ledger;
    let held = this.#held.get(id);
    if (held === undefined || random.chance(0.1)) {
      held = documentFrom(files.read(documentPath(id)));
      if (held === undefined) return;
      log?.(`Astrid opens ${id.slice(-2)}: ${held.messages.length} messages`);
      held = withoutOurKeys(held);
      this.#held.set(id, held);
      return;
    }
    if (ledger.isRemoved) return;
    if (actors.has("astrid-removes") && random.chance(0.1)) {
      log?.(`Astrid removes ${id.slice(-2)}`);
      this.#held.delete(id);
      ledger.isRemoved = true;
      await files.remove(documentPath(id));
      return;
    }
    const isCleared = actors.has("astrid-clears") && random.chance(0.1);
    const had = held.messages.map(({ content }) => content);
    if (isCleared) held.messages = [];
    const text = `a${this.#around.newNumber()} ${"astrid ".repeat(random.below(60))}`;
    const name = ledger.begin("Astrid", text);
    held.messages.push({ role: "assistant", content: text });
    log?.(`Astrid saves ${id.slice(-2)} with ${name}: ${held.messages.length} messages`);
    ledger.hasUnsynced = true;
    const path = documentPath(id);
    let isNear = false;
    await files.replace(path, astridsText(held), false, (before) => {
      isNear = window.isOpen(path);
      if (!isCleared) return;
      // It does not say what it replaces: what it held, or what the document has by now.
      const now = documentFrom(before);
      if (isNear || now === undefined) ledger.replacedAllBut([]);
      else ledger.replaced([...had, ...now.messages.map(({ content }) => content)]);
    });
    if (!isNear) ledger.stored(name);
  }
}

/** A person with an editor. */
export class Editor {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  async work(): Promise<never> {
    const { random, ledgers, turn } = this.#around;
    for (;;) {
      for (let pause = random.below(40); pause >= 0; pause--) await turn();
      await this.#edit(random.pick([...ledgers.keys()]));
    }
  }

  async #edit(id: SessionId): Promise<void> {
    const { random, actors, ledgers, files, window, turn, log } = this.#around;
    const ledger = ledgers.get(id) as Ledger;
    const path = documentPath(id);
    const opened = files.read(path);
    const document = documentFrom(opened);
    if (opened === undefined || document === undefined || ledger.isRemoved) return;
    for (let pause = random.below(20); pause >= 0; pause--) await turn();

    const kept = random.chance(0.5) ? document : withoutOurKeys(document);
    const before = document.messages.map(({ content }) => content);
    const change = random.weighted<"text" | "title" | "message">([
      [before.length > 0 ? 2 : 0, "text"],
      [1, "title"],
      [2, "message"],
    ]);
    const number = this.#around.newNumber();
    let name: string | undefined;
    let edited: string | undefined;
    let place = 0;
    if (change === "text") {
      place = random.below(kept.messages.length);
      const message = kept.messages[place] as Document["messages"][number];
      edited = `${message.content.split(" ", 1)[0] ?? ""} edited ${number}`;
      message.content = edited;
    } else if (change === "title") kept.metadata.title = `title ${number}`;
    else {
      const text = `e${number} added by hand`;
      name = ledger.begin("the editor", text);
      kept.messages.push({ role: "user", content: text });
    }
    log?.(
      `the editor saves ${id.slice(-2)}: ${change} ${name ?? edited ?? number}, ${kept["revision"] === undefined ? "without our keys" : "as a checkpoint of ours"}`,
    );
    const text = random.chance(0.5) ? JSON.stringify(kept, null, 2) : JSON.stringify(kept);
    const isInPlace = actors.has("editor-in-place");
    // For a moment the file holds nothing, or a part.
    if (isInPlace) ledger.hasUnsynced = true;
    let isCertain = false;
    const onWrite = (now: Buffer | undefined): void => {
      const isCurrent = now?.equals(opened) === true && !window.isOpen(path);
      const journal = files.read(journalPath(id))?.toString() ?? "";
      const isTakenOver = ({ content }: Document["messages"][number]): boolean =>
        journal.includes(`"${nameOf(content)} `);
      // A document that does not say of what it is a change may replace what came since it was opened: of an edit, and
      // where it was opened as another program had written it, and none of ours has read that.
      const isUnsaid =
        kept["revision"] === undefined && (change === "text" || !document.messages.every(isTakenOver));
      if (isUnsaid && !isCurrent) ledger.replacedAllBut(before);
      // Without a word of which document it was, an edit of one of the last two messages may as well be an older
      // document, without the two, to which two were added: both stay, as they were and as they are.
      const isOurs = kept["revision"] !== undefined && !files.isTheirs(opened);
      const mayBeAdded = change === "text" && !isOurs && place >= before.length - 2;
      if (mayBeAdded) ledger.mayRepeat(before.slice(-2));
      // What another program wrote, and none of ours has taken over, is gone with its document.
      for (const message of documentFrom(now)?.messages ?? [])
        if (!isTakenOver(message)) ledger.replaced([message.content]);
      isCertain = isCurrent && !actors.has("astrid") && !isInPlace && !mayBeAdded;
      if (edited !== undefined) ledger.edited(edited, isCertain);
      if (change === "title") ledger.titled(`title ${number}`, isCertain);
    };
    if (isInPlace) await files.overwrite(path, text, onWrite);
    else await files.replace(path, text, true, onWrite);
    ledger.synced();
    if (isCertain && name !== undefined) ledger.stored(name);
  }
}
