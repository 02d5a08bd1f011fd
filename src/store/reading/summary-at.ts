import { PREVIEWED, previewOf, summaryOf, type SessionSummary } from "../../session/summary/summary.ts";
import type { SessionSnapshot } from "./snapshot.ts";
import type { SessionStore } from "../session-store.ts";

/**
 * The summary of the revision that a snapshot has, to be shown with its messages. Its size is what the session takes
 * now: 0 when it was removed meanwhile.
 */
export async function summaryAt(store: SessionStore, snapshot: SessionSnapshot): Promise<SessionSummary> {
  const { id, revision, updatedAt, messageCount, head } = snapshot;
  const current = await store.summary(id);
  if (current?.revision === revision && current.updatedAt === updatedAt) return current;
  const bytes = current?.bytes ?? 0;
  const lastMessagePreview = await previewAt(snapshot);
  return summaryOf(id, head, { revision, updatedAt, messageCount, bytes, lastMessagePreview }, current?.held);
}

async function previewAt(snapshot: SessionSnapshot): Promise<string | null> {
  for await (const { message } of snapshot.messages({ limit: PREVIEWED, reverse: true })) {
    const preview = previewOf(message);
    if (preview !== undefined) return preview;
  }
  return null;
}
