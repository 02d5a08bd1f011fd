import { isSessionId, type SessionId } from "../session/session-id.ts";
import { displayTitle } from "../session/summary/summary.ts";
import type { SessionStore } from "../store/session-store.ts";
import { CommandError, EXIT, usageError } from "./exit-code.ts";
import { oneLine } from "./output/text-width.ts";

const SHORTEST_PREFIX = 4;
const AMBIGUOUS_SHOWN = 10;

/**
 * The session that a person means: `latest`, an id, or the beginning of one (at least four characters, of one session
 * only).
 * @throws {CommandError} when there is none, or more than one.
 */
export async function findSession(store: SessionStore, text: string): Promise<SessionId> {
  if (text === "latest") {
    const { sessions } = await store.list({ limit: 1, includeSubagents: false, archived: false });
    const [latest] = sessions;
    if (latest === undefined) throw notFound(`There is no session in ${store.location}.`);
    return latest.id;
  }
  const { sessions, unreadable } = await store.list({});
  const unreadableIds = unreadable.flatMap(({ id }) => (id === undefined ? [] : [id]));
  return pick(text, [...new Set([...sessions.map(({ id }) => id), ...unreadableIds])], store);
}

/**
 * The one of `ids` that `text` is, or begins.
 * @param among where these are. Default: the store.
 * @throws {CommandError}
 */
export async function pick(
  text: string,
  ids: readonly SessionId[],
  store: SessionStore,
  among = store.location,
): Promise<SessionId> {
  const prefix = text.toLowerCase();
  if (isSessionId(prefix) && ids.includes(prefix)) return prefix;
  if (!/^[0-9a-f-]*$/.test(prefix) || prefix.length < SHORTEST_PREFIX) {
    throw usageError(
      `${JSON.stringify(text)} is no session: give its id, the first ${SHORTEST_PREFIX} or more characters of it, or "latest".`,
    );
  }
  const matches = ids.filter((id) => id.startsWith(prefix));
  const [only, ...others] = matches;
  if (only === undefined) throw notFound(`No session in ${among} begins with ${prefix}.`);
  if (others.length === 0) return only;
  throw new CommandError("AMBIGUOUS", EXIT.notFound, await ambiguous(prefix, matches, store));
}

async function ambiguous(
  prefix: string,
  matches: readonly SessionId[],
  store: SessionStore,
): Promise<string> {
  const shown = matches.slice(0, AMBIGUOUS_SHOWN).map(async (id) => {
    const summary = await store.summary(id).catch(() => undefined);
    return `  ${id}${summary === undefined ? "" : `  ${oneLine(displayTitle(summary))}`}`;
  });
  const more = matches.length > AMBIGUOUS_SHOWN ? [`  … and ${matches.length - AMBIGUOUS_SHOWN} more`] : [];
  return [`${matches.length} sessions begin with ${prefix}:`, ...(await Promise.all(shown)), ...more].join(
    "\n",
  );
}

function notFound(message: string): CommandError {
  return new CommandError("NOT_FOUND", EXIT.notFound, message);
}
