import { isWithin, parseQuery, plainWord, type Query } from "../../../faces/query.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { Facet, FacetName, SessionRow } from "../../shapes.ts";
import type { Listed } from "./session-row.ts";

/** What a session is asked for in one facet. */
interface Dimension {
  readonly name: FacetName;
  /** The values that a session has. */
  readonly valuesOf: (listed: Listed, now: number) => readonly string[];
}

const DAY = 86_400_000;
/** What is typed into the field of the page is hardly ever longer. */
export const LONGEST_QUERY = 1000;
/** A session that changed today changed this week too. */
const AGES = [
  ["day", DAY],
  ["week", 7 * DAY],
  ["month", 30 * DAY],
  ["year", 365 * DAY],
] as const;

const DIMENSIONS: readonly Dimension[] = [
  { name: "source", valuesOf: ({ row }) => [row.source] },
  { name: "project", valuesOf: ({ row }) => [row.project ?? ""] },
  { name: "branch", valuesOf: ({ row }) => [row.branch ?? ""] },
  { name: "model", valuesOf: ({ row }) => [row.model ?? ""] },
  { name: "tag", valuesOf: ({ row }) => row.tags },
  {
    name: "changed",
    valuesOf: ({ updated }, now) => {
      const age = now - updated;
      return AGES.filter(([, most]) => age <= most).map(([value]) => value);
    },
  },
  { name: "state", valuesOf: ({ row }) => stateOf(row) },
  { name: "day", valuesOf: ({ day }) => [day] },
];

function stateOf({ archived, pinned, held }: SessionRow): string[] {
  const states = [archived ? "archived" : "current"];
  if (pinned) states.push("pinned");
  if (held !== null) states.push("held");
  return states;
}

/** The filters of a request: those of the facets, and those that every counted session must pass. */
export class Filters {
  readonly #wanted: readonly (Dimension & {
    readonly values: ReadonlySet<string>;
    readonly counts: Map<string, number>;
  })[];
  readonly #query: Query;
  readonly #text: string;
  readonly #parent: string | undefined;
  readonly #subagents: boolean;
  readonly #now: number;

  constructor(params: URLSearchParams, now = Date.now()) {
    this.#wanted = DIMENSIONS.map((dimension) => ({
      ...dimension,
      values: new Set(params.getAll(dimension.name)),
      counts: new Map(),
    }));
    this.#query = parseQuery((params.get("q") ?? "").slice(0, LONGEST_QUERY), new Date(now));
    this.#text = this.#query.text.toLowerCase();
    this.#parent = params.get("parent") ?? undefined;
    this.#subagents = this.#parent !== undefined || params.get("subagents") === "1";
    this.#now = now;
  }

  /**
   * Whether a session passes. It is counted: for a value of a facet when every other facet lets it through.
   */
  take(listed: Listed): boolean {
    return this.#isMeant(listed.row) && this.#count(listed);
  }

  /** The same for a session in which the words were said, unless it passes by its title. */
  takeFound(listed: Listed): boolean {
    return !this.#isMeant(listed.row) && this.#count(listed);
  }

  #count(listed: Listed): boolean {
    const values = this.#wanted.map((dimension) => dimension.valuesOf(listed, this.#now));
    const failing = this.#wanted.filter((dimension, at) => !passes(dimension, values[at] ?? []));
    if (failing.length > 1) return false;
    for (const [at, dimension] of this.#wanted.entries()) {
      if (failing.length === 1 && failing[0] !== dimension) continue;
      for (const value of values[at] ?? [])
        dimension.counts.set(value, (dimension.counts.get(value) ?? 0) + 1);
    }
    return failing.length === 0;
  }

  /** The counts of those that were taken. */
  facets(): Record<FacetName, Facet> {
    const facets = this.#wanted.map(({ name, counts }) => [name, sorted(counts)] as const);
    return Object.fromEntries(facets) as Record<FacetName, Facet>;
  }

  /** Whether a session passes every filter but that of its title: what a full-text search is narrowed to. */
  accepts(listed: Listed): boolean {
    return this.#wanted.every((dimension) => passes(dimension, dimension.valuesOf(listed, this.#now)));
  }

  #isMeant({ id, label, source, project, updatedAt, tags, parentId, forkedFrom }: SessionRow): boolean {
    if (this.#parent !== undefined) return parentId === this.#parent || forkedFrom === this.#parent;
    if (parentId !== null && !this.#subagents) return false;
    if (!isWithin({ source, workspacePath: project, tags, updatedAt }, this.#query)) return false;
    const has = (words: string): boolean =>
      [label, ...tags].some((text) => text.toLowerCase().includes(words));
    if (this.#query.without?.some((words) => has(plainWord(words))) === true) return false;
    return this.#text === "" || id.startsWith(this.#text) || has(this.#text);
  }
}

/** One of the values of a facet is enough; archived sessions are out of the way until someone asks for a state. */
function passes(
  { name, values }: { name: FacetName; values: ReadonlySet<string> },
  own: readonly string[],
): boolean {
  if (values.size === 0) return name !== "state" || own.includes("current");
  return own.some((value) => values.has(value));
}

function sorted(counts: ReadonlyMap<string, number>): Facet {
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
}

/** A whole number in a request. @throws {InvalidArgumentError} */
export function numberIn(params: URLSearchParams, name: string, absent: number, most: number): number {
  const text = params.get(name);
  if (text === null) return absent;
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidArgumentError(`${name} is a whole number, not ${JSON.stringify(text.slice(0, 40))}.`);
  return Math.min(Number(text), most);
}
