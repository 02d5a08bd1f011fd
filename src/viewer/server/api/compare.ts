import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { jsonText, type Json } from "../../../session/json/json.ts";
import type { Revision } from "../../../store/reading/history.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { ChangedField, Comparison, ShownMessage } from "../../shapes.ts";
import { numberIn } from "./filters.ts";
import { whatItDid, wordFor } from "./history.ts";
import { snapshotFor } from "./read-session.ts";
import { shapeMessage } from "./shape-message.ts";

/** So many messages of each side are shown. */
const SHOWN = 40;
const MOST_OF_A_FIELD = 4000;

/** What a revision changed: the messages that went and came, and the fields that got another value. */
export async function compareRevision(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<Comparison> {
  const wanted = numberIn(params, "revision", 0, Number.MAX_SAFE_INTEGER);
  const { row, before, next } = await around(store, id, wanted);
  const { messages, fields = [] } = row.changed ?? {};
  using now = row.isRemoval ? undefined : await snapshotFor(store, id, at(row.revision));
  using then =
    before === undefined || before.isRemoval ? undefined : await snapshotFor(store, id, at(before.revision));
  const changed = fields.map((field): ChangedField => ({
    field: wordFor(field),
    before: told(then?.head[field]),
    after: told(now?.head[field]),
  }));
  return {
    revision: row.revision,
    at: row.at,
    did: whatItDid(row),
    previous: before?.revision ?? null,
    next: next ?? null,
    fields: changed,
    start: messages?.start ?? 0,
    removed: {
      count: messages?.removed ?? 0,
      messages: await shown(then, messages?.start, messages?.removed),
    },
    added: { count: messages?.added ?? 0, messages: await shown(now, messages?.start, messages?.added) },
  };
}

/** A revision, the one before it, and the number of the one behind it. */
async function around(
  store: SessionStore,
  id: string,
  wanted: number,
): Promise<{ row: Revision; before: Revision | undefined; next: number | undefined }> {
  let next: number | undefined;
  let row: Revision | undefined;
  for await (const revision of store.history(id)) {
    if (row !== undefined) return { row, before: revision, next };
    if (revision.revision === wanted) row = revision;
    else next = revision.revision;
  }
  if (row === undefined) throw new InvalidArgumentError(`The session has no revision ${wanted}.`);
  return { row, before: undefined, next };
}

function at(revision: number): URLSearchParams {
  return new URLSearchParams({ revision: String(revision) });
}

async function shown(
  snapshot: SessionSnapshot | undefined,
  from = 0,
  count = 0,
): Promise<readonly ShownMessage[]> {
  if (snapshot === undefined || count === 0) return [];
  const messages: ShownMessage[] = [];
  for await (const { position, message } of snapshot.messages({ from, limit: Math.min(count, SHOWN) }))
    messages.push(shapeMessage(position, message));
  return messages;
}

function told(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : jsonText(value as Json);
  return text.length > MOST_OF_A_FIELD ? `${text.slice(0, MOST_OF_A_FIELD)}…` : text;
}
