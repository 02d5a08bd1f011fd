import type { JsonObject } from "../../session/json/json.ts";
import { timeMs } from "../../session/time.ts";
import { objectIn, textIn } from "../draft/blocks.ts";
import { timeOfId } from "./owner.ts";

/** A copy is written at once; what comes so much later is the fork's own. */
const AT_ONCE = 2000;

/**
 * Tells which records of a fork's rollout were copied from another one: those up to the first turn that began after the
 * fork was made. A turn's id bears its time; without ids, the record's own time tells.
 */
export class CopiedPart {
  readonly #own: string;
  /** The session that was copied. */
  from: string | undefined;
  #isCopied = false;
  #madeAt: number | undefined;
  /** Whether turns bear ids: then a record's own time tells nothing. */
  #hasTurns = false;

  constructor(own: string) {
    this.#own = own;
    this.#madeAt = timeOfId(own);
  }

  /** Whether this record was copied. */
  sees({ type, payload, timestamp }: JsonObject): boolean {
    const facts = objectIn(payload);
    if (type === "session_meta") this.#seesMeta(facts, textIn(timestamp));
    else if (this.#isCopied && this.#isOwn(facts, textIn(timestamp))) this.#isCopied = false;
    return this.#isCopied;
  }

  #seesMeta(facts: JsonObject, timestamp: string | undefined): void {
    const id = textIn(facts["id"]);
    const from = textIn(facts["forked_from_id"]);
    if (id === this.#own) {
      this.from ??= from;
      this.#madeAt ??= timestamp === undefined ? undefined : timeMs(timestamp);
      // Its own description behind the copy, or in front of one.
      this.#isCopied = from !== undefined;
    } else if (id !== undefined) {
      this.from ??= id;
      this.#isCopied = true;
    }
  }

  #isOwn(facts: JsonObject, timestamp: string | undefined): boolean {
    if (this.#madeAt === undefined) return false;
    const begun = timeOfId(textIn(facts["turn_id"]));
    this.#hasTurns ||= begun !== undefined;
    if (begun !== undefined) return begun >= this.#madeAt;
    return !this.#hasTurns && timestamp !== undefined && timeMs(timestamp) > this.#madeAt + AT_ONCE;
  }
}
