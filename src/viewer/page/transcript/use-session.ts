import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MessagePage, Outline, SessionChanged, SessionDetails } from "../../shapes.ts";
import { tellError } from "../notice.tsx";
import { ask, isAbort, listen } from "../server.ts";
import { MessageCache } from "./message-cache.ts";
import { extended } from "./outline.ts";

export interface OpenSession {
  readonly details: SessionDetails | undefined;
  /** `undefined` until the first messages are there. */
  readonly count: number | undefined;
  readonly outline: Outline | undefined;
  readonly cache: MessageCache;
  readonly error: Error | undefined;
  readonly isRemoved: boolean;
  /** Reads its head again. */
  readonly refresh: () => void;
}

const FIRST = 40;

/** A session as it is, and as it goes on; or as it was at a revision. */
export function useSession(id: string, revision: string | null, at: number | undefined): OpenSession {
  const [details, setDetails] = useState<SessionDetails | undefined>();
  const [count, setCount] = useState<number | undefined>();
  const [outline, setOutline] = useState<Outline | undefined>();
  const [error, setError] = useState<Error | undefined>();
  const [isRemoved, setRemoved] = useState(false);
  const [, redraw] = useState(0);
  const seen = useRef(0);
  const known = useRef<Outline | undefined>(undefined);
  known.current = outline;
  const query = revision === null ? "" : `?revision=${revision}`;

  const cache = useMemo(
    () =>
      new MessageCache(`sessions/${id}/messages${query}`, {
        change: () => redraw((round) => round + 1),
        error: tellError,
      }),
    [id, query],
  );

  useEffect(() => {
    const asking = new AbortController();
    const { signal } = asking;
    const failed = (problem: unknown): void => {
      if (!isAbort(problem)) setError(problem as Error);
    };
    const sign = query === "" ? "?" : `${query}&`;
    const from = at === undefined ? "" : `from=${Math.max(at - FIRST / 2, 0)}&`;
    ask<MessagePage>(`sessions/${id}/messages${sign}${from}limit=${FIRST}`, signal)
      .then((page) => {
        cache.put(page);
        seen.current = page.revision;
        setCount(page.messageCount);
      })
      // What reads the whole session waits until its end is shown.
      .then(() => ask<Outline>(`sessions/${id}/outline${query}`, signal))
      .then(setOutline)
      .catch(failed);
    ask<SessionDetails>(`sessions/${id}`, signal).then(setDetails, failed);
    return () => asking.abort();
  }, [id, query]);

  const isThere = count !== undefined;
  useEffect(() => {
    if (!isThere || revision !== null) return undefined;
    const asking = new AbortController();
    const { signal } = asking;
    const ignoreAbort = (problem: unknown): void => {
      if (!isAbort(problem)) tellError(problem);
    };
    const changed = ({ revision: now, messageCount, from }: SessionChanged): void => {
      seen.current = now;
      cache.changed(messageCount, from);
      setCount(messageCount);
      redraw((round) => round + 1);
      ask<SessionDetails>(`sessions/${id}`, signal).then(setDetails, ignoreAbort);
      const before = known.current;
      if (from === null || before === undefined) return;
      const start = Math.min(from, before.messageCount);
      ask<Outline>(`sessions/${id}/outline?from=${start}`, signal).then(
        (since) => setOutline((latest) => latest && extended(latest, since, start)),
        ignoreAbort,
      );
    };
    const stop = listen(() => `events?session=${id}&after=${seen.current}`, {
      changed: (data) => changed(data as SessionChanged),
      removed: () => setRemoved(true),
    });
    return () => {
      stop();
      asking.abort();
    };
  }, [id, revision, isThere]);
  const refresh = (): void => {
    ask<SessionDetails>(`sessions/${id}`).then(
      (now) => {
        setDetails(now);
        setRemoved(false);
      },
      // It is in the trash: an event tells that.
      () => undefined,
    );
  };
  return { details, count, outline, cache, error, isRemoved, refresh };
}
