import type { SessionId, SessionLease, SessionStore } from "../../../src/index.ts";

/** A lease that somebody asked for, as far as they know. */
export interface Asked {
  readonly id: SessionId;
  readonly owner: { readonly alive: boolean };
  readonly store: SessionStore;
  readonly takeOver: boolean;
  readonly begun: number;
  /** When it was given, or refused. */
  ended: number;
  lease: SessionLease | undefined;
  /** It may have been given, and nobody knows. */
  isUnknown: boolean;
  /** Its owner died then. */
  diedAt: number;
  releaseBegun: number;
  releaseEnded: number;
  /** Somebody took it over for certain at that time; or may have, from that time on. */
  overtakenAt: number;
  mayBeOvertaken: boolean;
}

/** Who holds which session, from what those were told who asked. A contradiction comes back as a sentence. */
export class LeaseBook {
  #asked: Asked[] = [];

  begin(asked: Pick<Asked, "id" | "owner" | "store" | "takeOver" | "begun">): Asked {
    const one: Asked = {
      ...asked,
      ...{ ended: Infinity, lease: undefined, isUnknown: false, diedAt: Infinity },
      ...{ releaseBegun: Infinity, releaseEnded: Infinity, overtakenAt: Infinity, mayBeOvertaken: false },
    };
    if (one.takeOver) for (const other of this.#of(one.id)) other.mayBeOvertaken = true;
    this.#asked.push(one);
    return one;
  }

  given(one: Asked, lease: SessionLease, now: number): string | undefined {
    one.ended = now;
    one.lease = lease;
    const others = this.#of(one.id).filter((other) => other !== one);
    // Which of two that were asked for at once came first, nobody knows.
    if (others.some(({ takeOver, ended }) => takeOver && ended > one.begun)) one.mayBeOvertaken = true;
    if (one.takeOver) {
      for (const other of others)
        if (other.ended < one.begun) other.overtakenAt = Math.min(other.overtakenAt, now);
      return undefined;
    }
    const holder = others.find((other) => isCertain(other));
    return holder === undefined ? undefined : `${shown(one)} was given though ${shown(holder)} holds it`;
  }

  /** It was refused: somebody else has it. */
  refused(one: Asked, now: number): string | undefined {
    this.#asked = this.#asked.filter((other) => other !== one);
    const mayHold = this.#of(one.id).some((other) => isPossible(other, one.begun));
    return mayHold || one.takeOver ? undefined : `${shown(one)} is refused at ${now}, and nobody holds it`;
  }

  unknown(one: Asked): void {
    one.isUnknown = true;
    one.ended = Infinity;
  }

  /** The lease that a process has on a session, the one that it was given first. */
  firstOf(id: SessionId, owner: object): Asked | undefined {
    return this.#of(id).find((one) => one.owner === owner && one.lease !== undefined);
  }

  /** A write under a lease was stored. */
  wrote(one: Asked, begun: number): string | undefined {
    const isLost = one.overtakenAt < begun || one.releaseEnded < begun;
    return isLost ? `stored under a lease that was lost: ${shown(one)}` : undefined;
  }

  /** A write under a lease was refused, because it is lost. */
  lost(one: Asked): string | undefined {
    return isCertain(one) ? `${shown(one)} is lost, and nobody took it` : undefined;
  }

  /** A listing, begun at a time, says whether the session is held. */
  seen(id: SessionId, isHeld: boolean, begun: number): string | undefined {
    if (isHeld) {
      const mayHold = this.#of(id).some((one) => isPossible(one, begun));
      return mayHold ? undefined : `${id} is told as held, and nobody holds it`;
    }
    const holder = this.#of(id).find((one) => isCertain(one) && one.ended < begun);
    return holder === undefined ? undefined : `${id} is told as free, though ${shown(holder)} holds it`;
  }

  /** A store is about to close, which gives back what it holds. */
  closing(store: SessionStore, now: number): void {
    for (const one of this.#asked)
      if (one.store === store) one.releaseBegun = Math.min(one.releaseBegun, now);
  }

  died(owner: object, now: number): void {
    for (const one of this.#asked) if (one.owner === owner) one.diedAt = Math.min(one.diedAt, now);
  }

  /** The power went: nobody holds anything. */
  forget(): void {
    this.#asked = [];
  }

  #of(id: SessionId): Asked[] {
    return this.#asked.filter((one) => one.id === id);
  }
}

/** Whether a lease holds, whatever else happens at this moment. */
function isCertain(one: Asked): boolean {
  return (
    one.lease !== undefined &&
    one.owner.alive &&
    one.releaseBegun === Infinity &&
    one.overtakenAt === Infinity &&
    !one.mayBeOvertaken
  );
}

/** Whether a lease may have held at some moment since a time. */
function isPossible(one: Asked, since: number): boolean {
  return one.diedAt > since && one.releaseEnded > since && one.overtakenAt > since;
}

function shown({ id, takeOver, begun, ended }: Asked): string {
  return `the lease on ${id} of ${begun} to ${ended}${takeOver ? ", which was to take it over," : ""}`;
}
