import { messageToAstrid } from "../../../../session/astrid/message.ts";
import type { Message } from "../../../../session/message.ts";
import { formOf } from "./foreign-messages.ts";

/** Two writers may say the same once; that two messages in turn are the same by chance is not to be expected. */
const LEAST_GAIN = 2;

/**
 * The state that the writer of a document knew although the journal does not note it: a process died when a
 * checkpoint had its name, and its note was not written yet. It can be of any revision behind the last one that is
 * noted. The one that differs in the fewest messages counts, where it explains more of the document than what is noted.
 */
export class UnnotedState {
  readonly #noted: number;
  readonly #size: number;
  /** How many times more often a message is in the document than in the session. */
  readonly #balance = new Map<string, number>();
  /** The session's messages; `undefined` for what no document of Astrid's holds. */
  readonly #forms: (string | undefined)[] = [];
  #held = 0;
  #distance = 0;
  #distanceNoted: number | undefined;
  #best: { readonly revision: number; readonly distance: number } | undefined;

  /** @param noted the latest revision of which a document is known. */
  constructor(document: readonly Message[], noted: number) {
    this.#noted = noted;
    this.#size = document.length;
    for (const message of document) this.#add(formOf(message), 1);
  }

  /** The session's next commit; the first one that it is told is the first of the life. */
  follow(revision: number, start: number, deleteCount: number, inserted: readonly Message[]): void {
    const forms = inserted.map((one) => (messageToAstrid(one) === undefined ? undefined : formOf(one)));
    for (const form of this.#forms.splice(start, deleteCount, ...forms)) this.#holds(form, -1);
    for (const form of forms) this.#holds(form, 1);
    if (revision <= this.#noted) this.#distanceNoted = this.#distance;
    else if (this.#hasCommon && (this.#best === undefined || this.#distance < this.#best.distance))
      this.#best = { revision, distance: this.#distance };
  }

  /** `undefined` when what is noted explains the document as well. */
  get revision(): number | undefined {
    const otherwise = this.#distanceNoted ?? this.#distance;
    if (this.#best === undefined || otherwise - this.#best.distance < LEAST_GAIN) return undefined;
    return this.#best.revision;
  }

  get #hasCommon(): boolean {
    return this.#distance < this.#held + this.#size;
  }

  #holds(form: string | undefined, by: number): void {
    if (form === undefined) return;
    this.#held += by;
    this.#add(form, -by);
  }

  #add(form: string, by: number): void {
    const before = this.#balance.get(form) ?? 0;
    this.#balance.set(form, before + by);
    this.#distance += Math.abs(before + by) - Math.abs(before);
  }
}
