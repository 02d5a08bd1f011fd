/** Up to which revision somebody has looked at sessions in this browser, kept in the browser alone. */
interface Seen {
  /** Sessions that were changed before are not new to anyone. */
  readonly since: string;
  readonly revisions: Readonly<Record<string, number>>;
}

const KEY = "astrid-viewer-seen";
/** So many are remembered; those looked at last stay. */
const KEPT = 3000;

function read(): Seen {
  try {
    const { since, revisions } = JSON.parse(localStorage.getItem(KEY) ?? "") as Partial<Seen>;
    if (typeof since === "string" && typeof revisions === "object") return { since, revisions };
  } catch {
    // Nothing yet, nothing that can be read, or a browser that keeps nothing.
  }
  const seen = { since: new Date().toISOString(), revisions: {} };
  write(seen);
  return seen;
}

function write(seen: Seen): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(seen));
  } catch {
    // Then all stays as if it had been looked at.
  }
}

/** As it was when the page was opened, and what was noted since. */
let known = read();

/** A session was looked at as it is at a revision. */
export function noteSeen(id: string, revision: number): void {
  // Another window may have noted something meanwhile.
  const { since, revisions } = read();
  if ((revisions[id] ?? 0) >= revision) return;
  const others = Object.entries(revisions).filter(([one]) => one !== id);
  known = { since, revisions: Object.fromEntries([...others.slice(1 - KEPT), [id, revision]]) };
  write(known);
}

/** Whether something came to a session since it was looked at; what came before the first visit is not new. */
export function isUnread({
  id,
  revision,
  updatedAt,
}: {
  id: string;
  revision: number;
  updatedAt: string;
}): boolean {
  const seen = known.revisions[id];
  return seen === undefined ? updatedAt > known.since : revision > seen;
}
