import type { SearchHit, SessionSummary } from "../../index.ts";
import { labelOf } from "../../session/summary/summary.ts";
import { parentOf } from "../output/session-tree.ts";
import { isWithin, parseQuery, plainWord, type Query } from "../../faces/query.ts";
import type { PickerState } from "./state.ts";

/** A session as the list shows it. */
export interface Row {
  readonly session: SessionSummary;
  readonly depth: number;
  /** How many sub-agents and forks stand under it. */
  readonly below: number;
  /** What was found in it, when neither its title nor its place has the words. */
  readonly hit: SearchHit | undefined;
}

type Known = Pick<PickerState, "sessions" | "here" | "scope" | "query" | "finds" | "open" | "now">;

let last: { readonly of: Known; readonly rows: readonly Row[] } | undefined;

/** The rows of the list, from the first on. The same question again costs nothing. */
export function rowsOf(state: Known): readonly Row[] {
  const of = last?.of;
  const isSame =
    of?.sessions === state.sessions &&
    of.here === state.here &&
    of.scope === state.scope &&
    of.query === state.query &&
    of.finds === state.finds &&
    of.open === state.open;
  if (last === undefined || !isSame) last = { of: state, rows: made(state) };
  return last.rows;
}

function made(state: Known): Row[] {
  const { sessions, here, scope } = state;
  const some = scope === "here" ? sessions.filter(({ id }) => here.has(id)) : sessions;
  const query = parseQuery(state.query, state.now);
  const isNarrowed = Object.keys(query).length > 2;
  if (query.text === "" && !isNarrowed) return tree(some, state.open);
  return filtered(some, query, state);
}

/** Roots, and what stands under those that are open. */
function tree(sessions: readonly SessionSummary[], open: ReadonlySet<string>): Row[] {
  const known = new Map<string, SessionSummary>(sessions.map((session) => [session.id, session]));
  const below = new Map<string, SessionSummary[]>();
  const roots: SessionSummary[] = [];
  for (const session of sessions) {
    const parent = parentOf(session);
    if (parent === undefined || !known.has(parent) || isInCircle(session, known)) roots.push(session);
    else below.set(parent, [...(below.get(parent) ?? []), session]);
  }
  const rows: Row[] = [];
  const grow = (session: SessionSummary, depth: number): void => {
    const children = below.get(session.id) ?? [];
    rows.push({ session, depth, below: children.length, hit: undefined });
    if (open.has(session.id) && depth < MOST_DEPTH) for (const child of children) grow(child, depth + 1);
  };
  for (const root of roots) grow(root, 0);
  return rows;
}

/** What stands deeper is not shown here. */
const MOST_DEPTH = 8;

/** Whether a session stands, in the end, under itself: such sessions have no root. */
function isInCircle(session: SessionSummary, known: ReadonlyMap<string, SessionSummary>): boolean {
  const seen = new Set<string>();
  for (let id = parentOf(session); id !== undefined && !seen.has(id); id = parentIn(known, id)) {
    if (id === session.id) return true;
    seen.add(id);
  }
  return false;
}

function parentIn(known: ReadonlyMap<string, SessionSummary>, id: string): string | undefined {
  const session = known.get(id);
  return session === undefined ? undefined : parentOf(session);
}

/** Those with the words in their title, then in their place, then in what was said. */
function filtered(sessions: readonly SessionSummary[], query: Query, { finds, query: typed }: Known): Row[] {
  const words = query.text.toLowerCase().replaceAll(/["*]/g, "").split(" ");
  const inTitle: Row[] = [];
  const inPlace: Row[] = [];
  const hits = new Map<string, SearchHit>();
  if (finds.query === typed) for (const hit of finds.hits) if (!hits.has(hit.id)) hits.set(hit.id, hit);
  const found = new Map<string, Row>();
  for (const session of sessions) {
    if (!isWithin(session, query)) continue;
    const { title, place } = textsOf(session);
    const hit = hits.get(session.id);
    const row = { session, depth: 0, below: 0, hit };
    // Of what is unwanted in a title, the text may be wanted all the same.
    const isSaid =
      query.role !== undefined ||
      query.tool !== undefined ||
      query.without?.some((word) => title.includes(plainWord(word))) === true;
    if (!isSaid && words.every((word) => title.includes(word))) inTitle.push(row);
    else if (!isSaid && words.every((word) => isIn(word, title, place, session))) inPlace.push(row);
    else if (hit !== undefined) found.set(session.id, row);
  }
  // The best find first.
  const inText = Array.from(hits.keys(), (id) => found.get(id)).filter((row) => row !== undefined);
  return [...inTitle, ...inPlace, ...inText];
}

/** An id is found by its beginning: in its middle it says nothing. */
function isIn(word: string, title: string, place: string, { id }: SessionSummary): boolean {
  return title.includes(word) || place.includes(word) || (word.length >= SHORTEST_ID && id.startsWith(word));
}

const SHORTEST_ID = 4;

const texts = new WeakMap<SessionSummary, { readonly title: string; readonly place: string }>();

/** What a session is found by, in lower case. The first key waits for those of all, unless they were asked for before. */
export function textsOf(session: SessionSummary): { readonly title: string; readonly place: string } {
  let known = texts.get(session);
  if (known === undefined) {
    const { workspacePath, source, tags } = session;
    const place = [workspacePath ?? "", source, ...tags].join(" ").toLowerCase();
    known = { title: labelOf(session).toLowerCase(), place };
    texts.set(session, known);
  }
  return known;
}
