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

export type Kind = "create" | "save" | "append" | "delete" | "trash" | "restore" | "empty" | "redact";

export type Apply = (state: State) => State | undefined;

/** What an append adds. */
export interface Appended {
  readonly appends: string;
}

/** Something that a client tried to change. */
export interface Attempt {
  readonly kind: Kind;
  readonly note: string;
  readonly owner: object;
  readonly started: number;
  /** What it makes of a state; `undefined` where it does not apply. */
  readonly apply: Apply;
  /** Another state that it may leave when it was cut short. */
  readonly cutShort?: Apply | undefined;
  /** What it needs to apply: no session, a session that is so, an end that a message is added to, or any state. */
  readonly needs: "nothing" | Content | Appended | "any";
  outcome: "running" | "unknown" | "acknowledged" | "acknowledged-until-power-cut";
  ended: number;
  /** The revision that was acknowledged. */
  revision: number | undefined;
}

export interface Observation {
  readonly live: Seen | undefined;
  /** Every life of it that is in the trash, as a restore brings it back, latest last; where that was looked at. */
  readonly trash?: readonly Seen[] | undefined;
}

/** Content whose revision may not have been seen. */
export type Seen = Omit<Content, "revision"> & { readonly revision: number | undefined };

export interface Explanation {
  readonly state: State;
  /** Too many histories were possible; what was observed was taken as it is. */
  readonly isUndecided?: true;
}

/** More states than this are not looked at for one question. */
const MOST_STATES = 4_000;

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

  begin(
    attempt: Pick<Attempt, "owner" | "kind" | "note" | "started" | "apply" | "cutShort" | "needs">,
  ): Attempt {
    const begun: Attempt = { ...attempt, outcome: "running", ended: Infinity, revision: undefined };
    this.attempts.push(begun);
    return begun;
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

  copy(): SessionModel {
    const copy = new SessionModel();
    copy.base = this.base;
    copy.attempts = this.attempts.map((one) => ({ ...one }));
    return copy;
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
   * A history that leads to what was observed; `undefined` when none does.
   * @param since what was acknowledged after this time may have come too late to be seen.
   */
  explain(observed: Observation, since = Infinity): Explanation | undefined {
    const refused = since === Infinity ? [] : this.#refused.filter(({ ended }) => ended > since);
    const all = [...this.attempts, ...refused];
    const visible = messagesIn([observed.live, ...(observed.trash ?? [])], all, this.base);
    const looked = new Set<string>();
    const search = (state: State, left: readonly Attempt[]): Explanation | undefined => {
      const question = `${keyOf(state)}|${left.map((one) => all.indexOf(one)).join()}`;
      if (looked.has(question)) return undefined;
      looked.add(question);
      if (looked.size > MOST_STATES) return undefined;
      const must = left.some((one) => one.outcome.startsWith("acknowledged") && one.ended < since);
      if (!must && matches(state, observed)) return { state };
      if (!mayLeadTo(state, left, observed)) return undefined;
      let hasInvisible = false;
      for (const attempt of left) {
        // Whatever ended before this one began came before it.
        if (left.some((other) => other.outcome.startsWith("acknowledged") && other.ended < attempt.started))
          continue;
        // Of changes that nobody can see the order makes no difference.
        if (isAppend(attempt) && attempt.revision === undefined && !visible.has(attempt.needs.appends)) {
          if (hasInvisible) continue;
          hasInvisible = true;
        }
        const rest = left.filter((one) => one !== attempt);
        for (const next of outcomesOf(attempt, state)) {
          if (attempt.revision !== undefined && next.live?.revision !== attempt.revision) continue;
          const found = search(next, rest);
          if (found !== undefined) return found;
        }
      }
      // What is unknown and was never seen may not have happened at all.
      const [invisible] = left.filter(
        (one) =>
          isAppend(one) &&
          !one.outcome.startsWith("acknowledged") &&
          one.revision === undefined &&
          !visible.has(one.needs.appends),
      );
      if (invisible === undefined) return undefined;
      return search(
        state,
        left.filter((one) => one !== invisible),
      );
    };
    const found = search(this.base, all);
    if (found !== undefined || looked.size <= MOST_STATES) return found;
    const { live, trash } = observed;
    // What a restore brings back is of one revision more.
    const removed = trash?.map((one) => contentOf(one, -1)) ?? this.base.trash;
    return { state: { live: live && contentOf(live), trash: removed }, isUndecided: true };
  }

  /** Takes what was found after a crash as what is; nothing that is not part of it may come back. */
  settle(state: State): void {
    this.base = state;
    this.attempts = [];
    this.#refused = [];
  }
}

/** What may come of an attempt in a state. */
function outcomesOf(attempt: Attempt, state: State): readonly State[] {
  const next = attempt.apply(state);
  if (next === undefined) return [];
  const other = attempt.outcome.startsWith("acknowledged") ? undefined : attempt.cutShort?.(state);
  if (other !== undefined) return [next, other];
  if (attempt.kind !== "empty" || attempt.outcome.startsWith("acknowledged")) return [next];
  // Emptying the trash that was cut short may have removed some of the lives in it.
  const { live, trash } = state;
  const subsets = trash.reduce<Content[][]>(
    (all, one) => [...all, ...all.map((some) => [...some, one])],
    [[]],
  );
  return subsets.map((some) => ({ live, trash: some }));
}

function contentOf(seen: Seen, more = 0): Content {
  return { ...seen, revision: (seen.revision ?? 0) + more };
}

function isAppend(attempt: Attempt): attempt is Attempt & { needs: Appended } {
  return typeof attempt.needs === "object" && "appends" in attempt.needs;
}

/** Every message that was observed, or that a change which may have happened relies on. */
function messagesIn(
  observed: readonly (Seen | undefined)[],
  attempts: readonly Attempt[],
  base: State,
): ReadonlySet<string> {
  const contents = [...observed, base.live, ...base.trash];
  for (const { needs } of attempts)
    if (typeof needs === "object" && "messages" in needs) contents.push(needs);
  return new Set(contents.flatMap((one) => one?.messages ?? []));
}

function keyOf({ live, trash }: State): string {
  return [live, ...trash].map((one) => (one === undefined ? "-" : contentShown(one))).join("/");
}

/** Whether what is left to happen can make of a state what was observed. */
function mayLeadTo({ live }: State, left: readonly Attempt[], observed: Observation): boolean {
  if (live === undefined || left.some(({ needs }) => needs === "any")) return true;
  const targets = left.flatMap(({ needs }) =>
    typeof needs === "object" && "messages" in needs ? [needs] : [],
  );
  return [observed.live, ...targets].some(
    (target) =>
      target !== undefined &&
      target.messages.length >= live.messages.length &&
      target.title === live.title &&
      live.messages.every((text, at) => text === target.messages[at]),
  );
}

function matches(state: State, observed: Observation): boolean {
  if (!isSame(state.live, observed.live)) return false;
  const { trash } = observed;
  if (trash === undefined) return true;
  if (trash.length !== state.trash.length) return false;
  return trash.every((one, at) => {
    const expected = state.trash[at];
    return expected !== undefined && isSame({ ...expected, revision: expected.revision + 1 }, one);
  });
}

/** The session, moved to the trash. */
export function trashed({ live, trash }: State): State | undefined {
  if (live === undefined) return undefined;
  return { live: undefined, trash: [...trash, { ...live, revision: live.revision + 1 }] };
}

export function isSame(left: Seen | undefined, right: Seen | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.revision !== undefined && right.revision !== undefined && left.revision !== right.revision)
    return false;
  if (left.title !== right.title || left.messages.length !== right.messages.length) return false;
  if (left.side !== undefined && right.side !== undefined && left.side.join() !== right.side.join())
    return false;
  return left.messages.every((text, at) => text === right.messages[at]);
}

export function shown({ live, trash = [] }: State | Observation): string {
  const removed = trash.map((one: Seen) => `; in the trash: ${contentShown(one)}`);
  return `${contentShown(live)}${removed.join("")}`;
}

function contentShown(content: Seen | undefined): string {
  if (content === undefined) return "no session";
  const side = (content.side ?? []).length > 0 ? ` beside: ${content.side?.join(" ") ?? ""}` : "";
  return `revision ${content.revision ?? "?"} [${content.messages.join(" ")}] ${content.title ?? ""}${side}`;
}
