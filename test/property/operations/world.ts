import type { SessionLease } from "../../../src/store/session-lease.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import { Life } from "./session-model.ts";

/** A removal that the log has to tell. */
export interface Logged {
  readonly id: SessionId;
  readonly to: "trash" | "gone";
  readonly title: string | null;
  readonly messageCount: number;
  readonly run: string;
}

/** What a store holds: the model that it is compared with. */
export class World {
  readonly lives = new Map<SessionId, Life>();
  /** The one that was removed last is the last. */
  trash: { readonly id: SessionId; readonly life: Life }[] = [];
  readonly log: Logged[] = [];
  /** The lease that counts. */
  readonly held = new Map<SessionId, SessionLease>();
  /** Every session that there ever was. */
  readonly ids: SessionId[] = [];

  begin(id: SessionId, createdAt: string, parentId: string | null, updatedAt: string): Life {
    const life = new Life(createdAt, parentId, updatedAt);
    this.lives.set(id, life);
    if (!this.ids.includes(id)) this.ids.push(id);
    return life;
  }

  /** Sub-agents' sessions among these, and theirs: those nearest to it first. */
  static below(id: SessionId, all: Iterable<readonly [SessionId, Life]>): SessionId[] {
    const members = [...all];
    const found = new Set([id]);
    for (const parent of found)
      for (const [one, { parentId }] of members) if (parentId === parent) found.add(one);
    found.delete(id);
    return [...found];
  }

  /** @returns whether there was one. */
  remove(id: SessionId, trash: boolean): boolean {
    let wasThere = false;
    for (const one of [...World.below(id, this.lives).reverse(), id]) {
      const life = this.lives.get(one);
      wasThere = life !== undefined;
      if (life === undefined) continue;
      this.lives.delete(one);
      if (trash) this.trash.push({ id: one, life });
    }
    return wasThere;
  }

  isInTrash(id: SessionId): boolean {
    return this.trash.some((one) => one.id === id);
  }

  /** What comes back with a session: those of its sub-agents whose id is free. */
  restorable(id: SessionId): SessionId[] {
    if (!this.isInTrash(id) || this.lives.has(id)) return [];
    const inTrash = this.trash.map(({ id: one, life }) => [one, life] as const);
    return [...World.below(id, inTrash), id].filter((one) => !this.lives.has(one));
  }

  restore(id: SessionId): Life | undefined {
    const last = this.trash.findLast((one) => one.id === id);
    if (last === undefined) return undefined;
    this.trash = this.trash.filter((one) => one !== last);
    this.lives.set(id, last.life);
    last.life.isTouched = true;
    return last.life;
  }

  note(id: SessionId, life: Life, to: Logged["to"], run: string): void {
    const { title, messages } = life.now;
    this.log.push({ id, to, title, messageCount: messages.length, run });
  }
}
