import type { CommitPlace } from "../../engine/session-edit.ts";
import { withBoundaries } from "../../session/context/steps.ts";
import type { JsonObject } from "../../session/json/json.ts";

/** What the boundaries of a session's messages were and are, commit by commit, so that compactions go on counting. */
export class Boundaries {
  /** Of each message at its position. */
  readonly #known: (readonly [was: number, is: number])[] = [];

  at({ isFirst, splice }: CommitPlace): void {
    if (isFirst) this.#known.length = 0;
    if (splice !== undefined) this.#known.splice(splice[0], splice[1]);
  }

  /** A message that a commit stores at a position. */
  message(position: number, was: number, is: number): void {
    this.#known.splice(position, 0, [was, is]);
  }

  extra(extra: JsonObject): JsonObject {
    return withBoundaries(extra, (position) => this.#known[position]);
  }
}
