/** Up to which time somebody has looked at sessions in this browser, kept in the browser alone. */
interface Seen {
  /** Sessions that were changed before are not new to anyone. */
  readonly since: string;
  /** By id, when the session that was looked at had changed last: a session that is put in order keeps its time. */
  readonly times: Readonly<Record<string, string>>;
}

const KEY = "astrid-viewer-seen";
/** So many are remembered; those looked at last stay. */
const KEPT = 3000;

function read(): Seen {
  try {
    const { since, times } = JSON.parse(localStorage.getItem(KEY) ?? "") as Partial<Seen>;
    if (typeof since === "string" && typeof times === "object") return { since, times };
  } catch {
    // Nothing yet, nothing that can be read, or a browser that keeps nothing.
  }
  const seen = { since: new Date().toISOString(), times: {} };
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

/** A session was looked at as it was at a time. */
export function noteSeen(id: string, updatedAt: string): void {
  // Another window may have noted something meanwhile.
  const { since, times } = read();
  if ((times[id] ?? "") >= updatedAt) return;
  const others = Object.entries(times).filter(([one]) => one !== id);
  known = { since, times: Object.fromEntries([...others.slice(1 - KEPT), [id, updatedAt]]) };
  write(known);
}

/** Whether something came to a session since it was looked at; what came before the first visit is not new. */
export function isUnread({ id, updatedAt }: { id: string; updatedAt: string }): boolean {
  return updatedAt > (known.times[id] ?? known.since);
}
