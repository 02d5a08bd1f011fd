import { SessionStoreError, type SessionId } from "../../../src/index.ts";
import type { Calls, Workplace } from "./calls.ts";
import type { Feature } from "./features.ts";
import { Violation } from "./history.ts";
import { numbered } from "./message-text.ts";
import { isRefusal } from "./refusal.ts";
import { trashed, type Attempt, type State } from "./session-model.ts";

/** What clients do besides writing sessions: holding them, and tidying up. */
export type FurtherAction = "lease" | "take-over" | "release" | "under-lease" | "clean-up" | "vacuum";

/** How often each is done, where sessions may be removed: what keeps others out works there. */
export function furtherWeights(features: ReadonlySet<Feature>): [weight: number, action: FurtherAction][] {
  const leases = features.has("leases") ? 1 : 0;
  return [
    [4 * leases, "lease"],
    [2 * leases, "take-over"],
    [2 * leases, "release"],
    [4 * leases, "under-lease"],
    [features.has("cleanups") ? 1.5 : 0, "clean-up"],
    [features.has("vacuums") ? 8 : 0, "vacuum"],
  ];
}

/** Holding sessions, and writing while they are held; removing them by a rule. */
export class FurtherActions {
  readonly #place: Workplace;
  readonly #calls: Calls;

  constructor(place: Workplace, calls: Calls) {
    this.#place = place;
    this.#calls = calls;
  }

  async perform(action: FurtherAction, id: SessionId): Promise<void> {
    if (action === "lease") await this.#lease(id, false);
    else if (action === "take-over") await this.#lease(id, true);
    else if (action === "release") await this.#release(id);
    else if (action === "under-lease") await this.#underLease(id);
    else if (action === "vacuum") await this.#vacuum(id);
    else await this.#cleanUp();
  }

  /** Gives up history: whatever becomes of that, the session is what it was. */
  async #vacuum(id: SessionId): Promise<void> {
    const { history, random, store, name, log } = this.#place;
    const { base, attempts } = history.model(id);
    // An operation of what goes is known no more: none may be in doubt.
    if (base.live === undefined || attempts.some(({ kind }) => kind === "append")) return;
    const last = base.live.revision;
    if (last === 1) return;
    const revision = random.chance(0.6) ? last : 1 + random.below(last);
    log?.(`${name}: give up the history of ${id.slice(-2)} before revision ${revision}`);
    const given = await this.#calls.orRefused(async () => await store.engine.giveUp(id, { revision }));
    log?.(`${name}: history of ${id.slice(-2)} → ${JSON.stringify(given)}`);
  }

  async #lease(id: SessionId, takeOver: boolean): Promise<void> {
    const { owner, store, history, name, mayFail, log } = this.#place;
    const asked = history.leases.begin({ id, owner, store, takeOver, begun: history.now() });
    log?.(`${name}: ${takeOver ? "take over" : "lease"} ${id.slice(-2)}`);
    try {
      const lease = await store.lease(id, { by: name, takeOver });
      await this.#calls.orBlocked();
      log?.(`${name}: lease on ${id.slice(-2)} given`);
      contradicted(history.leases.given(asked, lease, history.now()));
    } catch (error) {
      await this.#calls.orBlocked();
      if (error instanceof Violation) throw error;
      log?.(`${name}: no lease on ${id.slice(-2)}: ${(error as Error).message}`);
      if (codeOf(error) !== "SESSION_HELD") {
        isRefusal(error, mayFail);
        history.leases.unknown(asked);
        return;
      }
      const wrong = history.leases.refused(asked, history.now());
      // Whoever cannot look takes it for held.
      if (!mayFail) contradicted(wrong);
    }
  }

  async #release(id: SessionId): Promise<void> {
    const { owner, history, name, mayFail, log } = this.#place;
    const held = history.leases.firstOf(id, owner);
    if (held?.lease === undefined || held.releaseBegun !== Infinity) return;
    held.releaseBegun = history.now();
    log?.(`${name}: release ${id.slice(-2)}`);
    try {
      await held.lease.release();
      await this.#calls.orBlocked();
      held.releaseEnded = history.now();
    } catch (error) {
      await this.#calls.orBlocked();
      isRefusal(error, mayFail);
    }
  }

  /** Appends while the session is held, or was. */
  async #underLease(id: SessionId): Promise<void> {
    const { owner, store, history, mayFail } = this.#place;
    const held = history.leases.firstOf(id, owner);
    const lease = held?.lease;
    if (held === undefined || lease === undefined) return;
    const number = history.newMessage();
    const append = ({ live, trash }: State): State | undefined =>
      live && {
        live: { ...live, revision: live.revision + 1, messages: [...live.messages, `m${number}`] },
        trash,
      };
    const begun = history.now();
    const attempt = this.#calls.begin(
      id,
      "append",
      `append m${number} under a lease`,
      { appends: `m${number}` },
      append,
    );
    await this.#calls.attempt(id, attempt, async () => {
      try {
        const { revision } = await store.append(id, [numbered(number)], { lease });
        contradicted(history.leases.wrote(held, begun));
        return revision;
      } catch (error) {
        if (codeOf(error) !== "LEASE_LOST") throw error;
        const wrong = history.leases.lost(held);
        if (!mayFail) contradicted(wrong);
        throw error;
      }
    });
  }

  /** Removes everything by a rule; with an expiry of the trash, which may take any of what is there. */
  async #cleanUp(): Promise<void> {
    const { history, store, random, mayFail, name, log } = this.#place;
    const trash = random.chance(0.6);
    const expire = random.chance(0.3);
    const takesMarked = !trash && history.removals.mayHaveMarked;
    const cleanup = history.removals.begin(trash ? "trash" : "gone");
    const rule = {
      ...{ olderThanDays: 0, keep: 0, maxBytes: cleanup.maxBytes },
      trashOlderThanDays: expire ? 0 : undefined,
    };
    const remove = ({ live, trash: rest }: State): State | undefined =>
      live && { live: undefined, trash: rest };
    const note = `clean up by rule ${cleanup.number}`;
    const attempts = history.ids.map((id): [SessionId, Attempt] => [
      id,
      trash
        ? this.#calls.begin(id, "trash", note, "any", trashed)
        : // Cut short, it is in the trash until somebody empties that.
          this.#calls.begin(id, "delete", note, "any", remove, trashed),
    ]);
    for (const id of expire || takesMarked ? history.ids : []) {
      const empty = ({ live }: State): State => ({ live, trash: [] });
      // Any of the lives there may be too young for it.
      this.#calls.begin(id, "empty", `${note}: the trash`, "any", empty).outcome = "unknown";
    }
    try {
      const report = await store.cleanup(rule, { trash });
      await this.#calls.orBlocked();
      const gone = new Set(report.sessions.map(({ session }) => session.id));
      log?.(`${name}: ${note} → ${[...gone].map((id) => id.slice(-2)).join(" ")}`);
      Object.assign(cleanup, { gone, isTold: true });
      for (const [id, attempt] of attempts) {
        const model = history.model(id);
        if (!gone.has(id)) model.refuse(attempt, history.now());
        else contradicted(model.acknowledge(attempt, history.now(), undefined, true));
      }
    } catch (error) {
      await this.#calls.orBlocked();
      if (error instanceof Violation) throw error;
      log?.(`${name}: ${note} fails: ${(error as Error).message}`);
      isRefusal(error, mayFail);
      for (const [, attempt] of attempts) attempt.outcome = "unknown";
    }
  }
}

function contradicted(what: string | undefined): void {
  if (what !== undefined) throw new Violation(what);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof SessionStoreError ? error.code : undefined;
}
