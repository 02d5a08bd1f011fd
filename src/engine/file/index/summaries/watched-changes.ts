import type { SessionId } from "../../../../session/session-id.ts";
import { ChangeFeed } from "../../../change-feed.ts";
import type { DirectoryWatch } from "./directory-watch.ts";

/** How often a store is looked at where the kernel does not tell, and whether it has begun to, in milliseconds. */
const POLL = 500;

/**
 * Hints of changes in a store's directory: the kernel's where it can be relied on, else one for any session every
 * half second.
 * @param watch the watch as it is now; another one when the directory was replaced.
 */
export async function* watchedChanges(
  watch: () => DirectoryWatch | undefined,
  signal: AbortSignal,
): AsyncGenerator<SessionId | undefined> {
  const feed = new ChangeFeed();
  let current: DirectoryWatch | undefined;
  let stop: (() => void) | undefined;
  const look = (): void => {
    const now = watch();
    if (now === current) {
      if (now === undefined) feed.tell(undefined);
      return;
    }
    stop?.();
    current = now;
    stop = now?.listen((id) => {
      feed.tell(id);
    });
    feed.tell(undefined);
  };
  if (signal.aborted) return;
  const timer = setInterval(look, POLL).unref();
  // At once, also while whoever watches is busy with a hint.
  const end = (): void => {
    clearInterval(timer);
    stop?.();
  };
  signal.addEventListener("abort", end);
  try {
    look();
    const hints = feed.hints(signal);
    for (;;) {
      // While someone waits for a change the process stays alive; a watch that nobody asks lets it end.
      timer.ref();
      const hint = await hints.next();
      timer.unref();
      if (hint.done === true) return;
      yield hint.value;
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}
