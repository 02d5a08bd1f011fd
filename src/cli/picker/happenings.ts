import type { Turn } from "../../faces/whose-turn.ts";
import type { SessionSummary } from "../../index.ts";
import { rowsOf } from "./rows.ts";
import type { Finds, PickerState, Size } from "./state.ts";

/** Lines above the list and below it: the query, and the line at the bottom. */
const ABOVE = 2;
const BELOW = 1;
/** With so many lines there is a preview. */
const WITH_PREVIEW = 14;

/** How many rows of the list are on the screen, and how many lines of a preview. */
export function layoutOf({ rows }: Size): { readonly list: number; readonly preview: number } {
  const room = Math.max(rows - ABOVE - BELOW, 1);
  if (rows < WITH_PREVIEW) return { list: room, preview: 0 };
  const preview = Math.min(Math.max(Math.floor(room / 3), 4), 10);
  return { list: room - preview, preview };
}

/** The place of the selected row; the first one where it is not there. */
export function selectedIndex(state: PickerState): number {
  const rows = rowsOf(state);
  return Math.max(
    rows.findIndex(({ session }) => session.id === state.selected),
    0,
  );
}

/** The selected row is on the screen. */
export function inSight(state: PickerState): PickerState {
  const { list } = layoutOf(state.size);
  const count = rowsOf(state).length;
  const index = selectedIndex(state);
  const top = Math.max(Math.min(state.top, index, Math.max(count - list, 0)), index - list + 1, 0);
  return top === state.top ? state : { ...state, top };
}

/** The sessions are others: the selection stays, on its line where it can. */
export function withSessions(state: PickerState, sessions: readonly SessionSummary[]): PickerState {
  const before = selectedIndex(state);
  const wasFirst = before === 0 && state.selected === rowsOf(state)[0]?.session.id;
  const next: PickerState = { ...state, sessions };
  const rows = rowsOf(next);
  if (state.selected === undefined || !rows.some(({ session }) => session.id === state.selected)) {
    const selected = rows[Math.min(before, rows.length - 1)]?.session.id;
    return inSight({ ...next, selected });
  }
  const moved = selectedIndex(next) - before;
  return inSight({ ...next, top: wasFirst ? state.top : Math.max(state.top + moved, 0) });
}

/** One session began, or went on. */
export function withSession(state: PickerState, session: SessionSummary, isHere: boolean): PickerState {
  const others = state.sessions.filter(({ id }) => id !== session.id);
  const time = Date.parse(session.updatedAt);
  const at = others.findIndex(({ updatedAt }) => Date.parse(updatedAt) <= time);
  const sessions = at < 0 ? [...others, session] : others.toSpliced(at, 0, session);
  const here = isHere && !state.here.has(session.id) ? new Set([...state.here, session.id]) : state.here;
  return withSessions({ ...state, here }, sessions);
}

export function withoutSessions(state: PickerState, ids: readonly string[]): PickerState {
  const gone = new Set(ids);
  const marked = new Set([...state.marked].filter((id) => !gone.has(id)));
  return withSessions(
    { ...state, marked },
    state.sessions.filter(({ id }) => !gone.has(id)),
  );
}

/** Those of the sessions were looked at again. */
export function withTurns(
  state: PickerState,
  sessions: readonly SessionSummary[],
  found: ReadonlyMap<string, Turn>,
): PickerState {
  const turns = new Map(state.turns);
  for (const { id } of sessions) turns.delete(id);
  return { ...state, turns: new Map([...turns, ...found]) };
}

/** The full text answered; what was typed since waits for its own answer. */
export function withFinds(state: PickerState, finds: Finds): PickerState {
  if (finds.query !== state.query) return state;
  const next = { ...state, finds };
  // Behind what is shown already: nothing moves but where there was nothing.
  const isThere = rowsOf(state).some(({ session }) => session.id === state.selected);
  return inSight(isThere ? next : { ...next, selected: rowsOf(next)[0]?.session.id });
}
