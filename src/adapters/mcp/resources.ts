import type { ReadResourceResult, Resource } from "@modelcontextprotocol/sdk/types.js";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { cutText, wellFormed } from "../../session/json/outgoing-text.ts";
import { parseSessionId, type SessionId } from "../../session/session-id.ts";
import { displayTitle, labelOf } from "../../session/summary/summary.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { SENT_BYTES } from "../../faces/bounded/measure.ts";
import { readPage } from "../../faces/bounded/read-page.ts";
import { MOST_BYTES, snapshotOf } from "./reading-tools.ts";

export const SCHEME = "astrid-session://";
/** How many sessions are listed as resources, and how many are offered to complete an id. */
const LISTED = 100;
const READ = 20;
const LONGEST_NAME = 200;

export function uriOf(id: SessionId): string {
  return `${SCHEME}${id}`;
}

/** @throws {InvalidArgumentError | InvalidSessionIdError} */
export function idOf(uri: string): SessionId {
  if (!uri.startsWith(SCHEME)) throw new InvalidArgumentError(`${uri} is no session: write ${SCHEME}<id>.`);
  return parseSessionId(uri.slice(SCHEME.length).toLowerCase());
}

/** The sessions that changed last, without those of sub-agents. */
export async function listed(store: SessionStore): Promise<Resource[]> {
  const { sessions } = await store.list({ limit: LISTED, includeSubagents: false });
  return sessions.map((summary) =>
    wellFormed({
      uri: uriOf(summary.id),
      name: cutText(labelOf(summary), LONGEST_NAME),
      description: `${summary.messageCount} messages, last changed ${summary.updatedAt}`,
      mimeType: "application/json",
    }),
  );
}

export async function completions(store: SessionStore, beginning: string): Promise<string[]> {
  const { sessions } = await store.list({});
  const ids = sessions.map(({ id }) => id as string);
  return ids.filter((id) => id.startsWith(beginning.toLowerCase())).slice(0, LISTED);
}

/** The end of a session. */
export async function read(store: SessionStore, uri: URL, id: string): Promise<ReadResourceResult> {
  using snapshot = await snapshotOf(store, id);
  const { messageCount, head } = snapshot;
  const about = {
    title: cutText(displayTitle({ id: snapshot.id, title: head.title }), LONGEST_NAME),
    messageCount,
  };
  const from = Math.max(messageCount - READ, 0);
  const most = MOST_BYTES - SENT_BYTES.of(about);
  const page = await readPage(snapshot, { from }, { limit: READ, most, measure: SENT_BYTES });
  const text = JSON.stringify(wellFormed({ ...about, ...page }));
  return { contents: [{ uri: uri.href, mimeType: "application/json", text }] };
}
