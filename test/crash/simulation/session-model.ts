/** A session as the laboratory sees it: what a load returns, in short. */
export interface Content {
  readonly revision: number;
  /** The texts of the messages. */
  readonly messages: readonly string[];
  readonly title: string | null;
  /** The items of its side list; left out where they were not looked at. */
  readonly side?: readonly string[];
}

/** Where a session is: its content, unless it is removed, and what the trash holds of it, latest last. */
export interface State {
  readonly live: Content | undefined;
  readonly trash: readonly Content[];
}

export type Kind = "create" | "save" | "append" | "delete" | "trash" | "restore";

/** Something that a client tried to change. */
export interface Attempt {
  readonly kind: Kind;
  readonly note: string;
  readonly owner: object;
  readonly started: number;
  /** What it makes of a state; `undefined` where it does not apply. */
  readonly apply: (state: State) => State | undefined;
  outcome: "running" | "unknown" | "acknowledged" | "acknowledged-until-power-cut";
  ended: number;
  /** The revision that was acknowledged. */
  revision: number | undefined;
}

export interface Observation {
  readonly live: Content | undefined;
  /** What the trash shows, latest last, where that was looked at. */
  readonly trash?: readonly InTrash[] | undefined;
  /** What a restore brings back, where that was tried. */
  readonly restored?: Content | undefined;
}

export interface InTrash {
  readonly title: string | null;
  readonly messageCount: number;
}

/** More states than this are not looked at for one question; the model then says so. */
const MOST_STATES = 100_000;

/**
 * What a session may be, from what clients were told: an acknowledged change has happened, one whose outcome is
 * unknown may have, and nothing else has.
 */
export class SessionModel {
  base: State = { live: undefined, trash: [] };
  attempts: Attempt[] = [];
  /** Clients that are reading: they may find what was before the latest change. */
  readers = 0;
  #refused: Attempt[] = [];

  begin(owner: object, kind: Kind, note: string, started: number, apply: Attempt["apply"]): Attempt {
    const attempt: Attempt = {
      kind,
      note,
      owner,
      started,
      apply,
      outcome: "running",
      ended: Infinity,
      revision: undefined,
    };
    this.attempts.push(attempt);
    return attempt;
  }

  /** The attempt was refused, or did nothing: it must not be seen by who reads from now on. */
  refuse(attempt: Attempt, ended: number): void {
    this.attempts = this.attempts.filter((one) => one !== attempt);
    attempt.outcome = "unknown";
    attempt.ended = ended;
    this.#refused = this.readers > 0 ? [...this.#refused, attempt] : [];
  }

  /** @returns what contradicts the acknowledgement, if anything. */
  acknowledge(
    attempt: Attempt,
    ended: number,
    revision: number | undefined,
    isDurable: boolean,
  ): string | undefined {
    attempt.outcome = isDurable ? "acknowledged" : "acknowledged-until-power-cut";
    attempt.ended = ended;
    attempt.revision = revision;
    if (!isDurable || this.attempts.length > 1 || this.readers > 0) return undefined;
    const next = attempt.apply(this.base);
    if (next === undefined)
      return `${attempt.note} was acknowledged but does not apply to ${shown(this.base)}`;
    if (revision !== undefined && next.live?.revision !== revision) {
      return `${attempt.note} was acknowledged as revision ${revision}, not ${next.live?.revision}`;
    }
    this.base = next;
    this.attempts = [];
    return undefined;
  }

  /** A process is gone; what it did not tell is unknown. */
  forgetRunning(owner?: object): void {
    for (const attempt of this.attempts) {
      if ((owner === undefined || attempt.owner === owner) && attempt.outcome === "running")
        attempt.outcome = "unknown";
    }
  }

  /** The power went: what was acknowledged for the life of the system only is open again. */
  weaken(): void {
    this.readers = 0;
    for (const attempt of this.attempts) {
      if (attempt.outcome === "acknowledged-until-power-cut") attempt.outcome = "unknown";
    }
  }

  /**
   * The changes, in order, that lead to what was observed; `undefined` when none do.
   * @param since what was acknowledged after this time may have come too late to be seen.
   */
  explain(observed: Observation, since = Infinity): { state: State; used: readonly Attempt[] } | undefined {
    let looked = 0;
    const search = (
      state: State,
      left: readonly Attempt[],
      used: readonly Attempt[],
    ): ReturnType<typeof this.explain> => {
      if (++looked > MOST_STATES) throw new Error("more histories are possible than can be looked at");
      const must = left.some((one) => one.outcome.startsWith("acknowledged") && one.ended < since);
      if (!must && matches(state, observed)) return { state, used };
      for (const attempt of left) {
        // Whatever ended before this one began came before it.
        if (left.some((other) => other.outcome.startsWith("acknowledged") && other.ended < attempt.started))
          continue;
        const next = attempt.apply(state);
        if (next === undefined) continue;
        if (attempt.revision !== undefined && next.live?.revision !== attempt.revision) continue;
        const rest = left.filter((one) => one !== attempt);
        const found = search(next, rest, [...used, attempt]);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const refused = since === Infinity ? [] : this.#refused.filter(({ ended }) => ended > since);
    return search(this.base, [...this.attempts, ...refused], []);
  }

  /** Takes what was found after a crash as what is; nothing that is not part of it may come back. */
  settle(state: State): void {
    this.base = state;
    this.attempts = [];
    this.#refused = [];
  }
}

function matches(state: State, observed: Observation): boolean {
  if (!isSame(state.live, observed.live)) return false;
  const { trash, restored } = observed;
  const latest = state.trash.at(-1);
  if (restored !== undefined) {
    if (latest === undefined || !isSame({ ...latest, revision: latest.revision + 1 }, restored)) return false;
  }
  if (trash === undefined) return true;
  if (trash.length !== state.trash.length) return false;
  return trash.every(({ title, messageCount }, at) => {
    const expected = state.trash[at];
    return title === expected?.title && messageCount === expected.messages.length;
  });
}

export function isSame(left: Content | undefined, right: Content | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (
    left.revision !== right.revision ||
    left.title !== right.title ||
    left.messages.length !== right.messages.length
  )
    return false;
  if (left.side !== undefined && right.side !== undefined && left.side.join() !== right.side.join())
    return false;
  return left.messages.every((text, at) => text === right.messages[at]);
}

export function shown(state: State | Observation): string {
  const { live, trash = [] } = state;
  const counts = trash.map((one) => ("messages" in one ? one.messages.length : one.messageCount));
  const latest = "restored" in state ? state.restored : state.trash?.at(-1);
  const removed = latest !== undefined && "messages" in latest ? `, the latest ${contentShown(latest)}` : "";
  return counts.length === 0
    ? contentShown(live)
    : `${contentShown(live)}, in the trash: ${counts.join(", ")} messages${removed}`;
}

function contentShown(content: Content | undefined): string {
  if (content === undefined) return "no session";
  const side = (content.side ?? []).length > 0 ? ` beside: ${content.side?.join(" ") ?? ""}` : "";
  return `revision ${content.revision} [${content.messages.join(" ")}] ${content.title ?? ""}${side}`;
}
