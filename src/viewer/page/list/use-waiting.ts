import { useEffect, useState } from "preact/hooks";
import type { SessionRow, Waiting } from "../../shapes.ts";
import { ask, isAbort } from "../server.ts";

const DAY = 86_400_000;
const MOST = 60;

/** Which of some rows wait for a person; only those that were changed within a day are asked for. */
export function useWaiting(rows: readonly SessionRow[]): ReadonlySet<string> {
  /** By id and revision. */
  const [known, setKnown] = useState<ReadonlyMap<string, boolean>>(new Map());
  const asked = rows
    .filter(
      ({ held, archived, updatedAt }) =>
        held === null && !archived && Date.now() - Date.parse(updatedAt) < DAY,
    )
    .filter((row) => !known.has(keyOf(row)))
    .slice(0, MOST);
  const query = asked.map(({ id }) => `id=${id}`).join("&");
  useEffect(() => {
    if (query === "") return undefined;
    const asking = new AbortController();
    ask<Waiting>(`waiting?${query}`, asking.signal).then(
      ({ waiting }) =>
        setKnown(
          (before) =>
            new Map([...before, ...asked.map((row) => [keyOf(row), waiting.includes(row.id)] as const)]),
        ),
      (error: unknown) => {
        // A mark is not worth a message: what keeps it away keeps the list away too, which says so.
        if (!isAbort(error))
          setKnown((before) => new Map([...before, ...asked.map((row) => [keyOf(row), false] as const)]));
      },
    );
    return () => asking.abort();
  }, [query, asked.map(keyOf).join()]);
  return new Set(
    rows.filter((row) => row.held === null && known.get(keyOf(row)) === true).map(({ id }) => id),
  );
}

function keyOf({ id, revision }: SessionRow): string {
  return `${id} ${revision}`;
}
