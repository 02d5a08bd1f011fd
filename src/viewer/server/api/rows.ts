import { Filters } from "./filters.ts";
import type { SessionList } from "../../shapes.ts";
import { countAsChild, type Listed } from "./session-row.ts";

export type Order = "created" | "updated";

/** The sessions that a request is narrowed to, and what it counts. */
export interface Narrowed {
  readonly sessions: readonly Listed[];
  readonly facets: SessionList["facets"];
}

/** All sessions at one moment, in order; what is worked out of them is worked out once. */
export class Rows {
  readonly #all: readonly Listed[];
  #children: Map<string, number> | undefined;
  #sorted: Partial<Record<Order, readonly Listed[]>> = {};
  #last: { readonly key: string; readonly narrowed: Narrowed } | undefined;

  constructor(all: Iterable<Listed>) {
    this.#all = [...all];
  }

  /** Newest first, and by id among those of one millisecond: as the store lists them. */
  in(order: Order): readonly Listed[] {
    return (this.#sorted[order] ??= this.#all.toSorted(
      (left, right) => right[order] - left[order] || (left.row.id < right.row.id ? -1 : 1),
    ));
  }

  /** How many sub-agents and forks a session has. */
  childrenOf(id: string): number {
    if (this.#children === undefined) {
      this.#children = new Map();
      for (const { row } of this.#all) countAsChild(row, this.#children);
    }
    return this.#children.get(id) ?? 0;
  }

  /** What a request is narrowed to: each of its pages is of the same sessions, and has the same counts. */
  narrowed(order: Order, params: URLSearchParams): Narrowed {
    const asked = new URLSearchParams(params);
    for (const name of ["cursor", "limit", "order"]) asked.delete(name);
    const key = `${order} ${asked.toString()}`;
    if (this.#last?.key !== key) {
      const filters = new Filters(params);
      const sessions = this.in(order).filter((listed) => filters.take(listed));
      this.#last = { key, narrowed: { sessions, facets: filters.facets() } };
    }
    return this.#last.narrowed;
  }
}
