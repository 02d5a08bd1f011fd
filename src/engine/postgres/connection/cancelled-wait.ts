/** A notice or warning as the drivers hand it over. */
export interface PostgresNotice {
  readonly code?: string | undefined;
  readonly severity?: string | undefined;
}

/**
 * Whether a notice says that the server gave up waiting for a synchronous standby (SyncRepWaitForLSN): a warning beside
 * an answer that looks like success. Other warnings share the codes, which does no harm: the outcome is looked up.
 */
export function saysWaitCancelled(notice: PostgresNotice): boolean {
  // The server writes a warning's severity in its own language.
  const isLess = /^(NOTICE|INFO|LOG|DEBUG)/.test(notice.severity ?? "");
  return !isLess && (notice.code === "01000" || notice.code === "57P01");
}

let cancelled = 0;

/** How many cancelled waits this process has heard of. */
export function cancelledWaits(): number {
  return cancelled;
}

/**
 * Tells the engine of a notice that a `postgres` (postgres.js) client got; that driver does not say which statement a
 * notice belongs to. Pass it as `onnotice` of a client that you make yourself.
 *
 * @example
 * const sql = postgres(url, { onnotice });
 * const engine = new PostgresEngine({ client: sql });
 */
export function onnotice(notice: PostgresNotice): void {
  if (saysWaitCancelled(notice)) cancelled++;
}
