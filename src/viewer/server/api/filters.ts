import { isWithin, parseQuery, plainWord, type Query } from "../../../faces/query.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { isArchived, isPinned } from "../../../session/summary/marks.ts";
import { titleOf, type SessionSummary } from "../../../session/summary/summary.ts";
import type { Facet, FacetName } from "../../shapes.ts";
import { forkOriginOf } from "./session-row.ts";

/** What a session is asked for in one facet. */
interface Dimension {
  readonly name: FacetName;
  /** The values that a session has. */
  readonly valuesOf: (summary: SessionSummary, now: number) => readonly string[];
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
  { name: "source", valuesOf: ({ source }) => [source] },
  { name: "project", valuesOf: ({ workspacePath }) => [workspacePath ?? ""] },
  { name: "branch", valuesOf: ({ branch }) => [branch ?? ""] },
  { name: "model", valuesOf: ({ model }) => [model ?? ""] },
  { name: "tag", valuesOf: ({ tags }) => tags },
  {
    name: "changed",
    valuesOf: ({ updatedAt }, now) => {
      const age = now - Date.parse(updatedAt);
      return AGES.filter(([, most]) => age <= most).map(([value]) => value);
    },
  },
  { name: "state", valuesOf: stateOf },
  { name: "day", valuesOf: (summary) => [dayOf(summary)] },
];

/** The day of a session's last change where the viewer runs: `2026-01-31`. */
export function dayOf({ updatedAt }: SessionSummary): string {
  const date = new Date(updatedAt);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function stateOf(summary: SessionSummary): string[] {
  const states = [isArchived(summary) ? "archived" : "current"];
  if (isPinned(summary)) states.push("pinned");
  if (summary.held !== null) states.push("held");
  return states;
}

/** The filters of a request: those of the facets, and those that every counted session must pass. */
export class Filters {
  readonly #wanted: readonly (Dimension & { readonly values: ReadonlySet<string> })[];
  readonly #query: Query;
  readonly #text: string;
  readonly #parent: string | undefined;
  readonly #subagents: boolean;
  readonly #now: number;

  constructor(params: URLSearchParams, now = Date.now()) {
    this.#wanted = DIMENSIONS.map((dimension) => ({
      ...dimension,
      values: new Set(params.getAll(dimension.name)),
    }));
    this.#query = parseQuery((params.get("q") ?? "").slice(0, LONGEST_QUERY), new Date(now));
    this.#text = this.#query.text.toLowerCase();
    this.#parent = params.get("parent") ?? undefined;
    this.#subagents = this.#parent !== undefined || params.get("subagents") === "1";
    this.#now = now;
  }

  /**
   * Those that pass, in their order, and the counts of the facets: a session counts for a value when every other facet
   * lets it through.
   */
  apply(summaries: readonly SessionSummary[]): {
    matching: SessionSummary[];
    facets: Record<FacetName, Facet>;
  } {
    const counts = new Map(DIMENSIONS.map(({ name }) => [name, new Map<string, number>()]));
    const matching: SessionSummary[] = [];
    for (const summary of summaries) {
      if (!this.#isMeant(summary)) continue;
      const values = this.#wanted.map((dimension) => dimension.valuesOf(summary, this.#now));
      const failing = this.#wanted.filter((dimension, at) => !passes(dimension, values[at] ?? []));
      if (failing.length === 0) matching.push(summary);
      if (failing.length > 1) continue;
      for (const [at, dimension] of this.#wanted.entries()) {
        if (failing.length === 1 && failing[0] !== dimension) continue;
        const counted = counts.get(dimension.name);
        for (const value of values[at] ?? []) counted?.set(value, (counted.get(value) ?? 0) + 1);
      }
    }
    const facets = Object.fromEntries([...counts].map(([name, counted]) => [name, sorted(counted)]));
    return { matching, facets: facets as Record<FacetName, Facet> };
  }

  /** Whether a session passes every filter but that of its title: what a full-text search is narrowed to. */
  accepts(summary: SessionSummary): boolean {
    return this.#wanted.every((dimension) => passes(dimension, dimension.valuesOf(summary, this.#now)));
  }

  #isMeant(summary: SessionSummary): boolean {
    if (this.#parent !== undefined)
      return summary.parentId === this.#parent || forkOriginOf(summary) === this.#parent;
    if (summary.parentId !== null && !this.#subagents) return false;
    if (!isWithin(summary, this.#query)) return false;
    const texts = [titleOf(summary) ?? summary.lastMessagePreview ?? "", ...summary.tags];
    const has = (words: string): boolean => texts.some((text) => text.toLowerCase().includes(words));
    if (this.#query.without?.some((words) => has(plainWord(words))) === true) return false;
    return this.#text === "" || summary.id.startsWith(this.#text) || has(this.#text);
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
