import type { SessionStore } from "../store/session-store.ts";
import type { SessionId } from "../session/session-id.ts";
import { contentHash } from "./identity.ts";
import type { ImportItem } from "./importer.ts";
import { StoredContents } from "./stored-contents.ts";

/** How a file and the session in the store stand to each other. */
export type Comparison =
  /** There is no such session yet. */
  | { readonly state: "absent"; readonly messagesOnly: boolean }
  /** The file goes on where the session ends, or has nothing that the session lacks. */
  | {
      readonly state: "continues";
      readonly revision: number;
      readonly title: string | null;
      /** Which messages of the file the session lacks, counted from 0 in the file's order. */
      readonly missing: ReadonlySet<number>;
      readonly messagesOnly: boolean;
    }
  /** Each has what the other lacks. */
  | { readonly state: "diverged"; readonly firstNew: string };

/** Compares in one pass over the session and one over the file; a hash per stored message is held. */
export async function comparison(
  store: SessionStore,
  id: SessionId,
  items: AsyncIterable<ImportItem>,
  options: { readonly messagesOnly?: boolean | undefined },
): Promise<Comparison> {
  const summary = await store.summary(id);
  const asked = options.messagesOnly ?? false;
  if (summary === undefined) return { state: "absent", messagesOnly: asked };
  const stored = new StoredContents();
  for await (const { message } of store.messages(id)) stored.add(message);

  const unmatched = stored.counter();
  let firstNew: string | undefined;
  let index = -1;
  const messages: number[] = [];
  const besides: number[] = [];
  let besidesWithin = false;
  let reachesEnd = stored.last === undefined;
  for await (const item of items) {
    if (item.type !== "message") continue;
    index++;
    if (item.besides && asked) continue;
    const hash = contentHash(item.message);
    if (hash === stored.last) reachesEnd = true;
    if (unmatched.take(hash)) continue;
    if (item.besides) {
      besides.push(index);
      besidesWithin ||= !reachesEnd;
    } else {
      messages.push(index);
      firstNew ??= hash;
    }
  }
  if (firstNew !== undefined && !reachesEnd) return { state: "diverged", firstNew };
  // What the first import left out would now come to stand behind everything; and when the session went on by itself,
  // notes alone are no reason for a second one.
  const messagesOnly = asked || !reachesEnd || (besidesWithin && !stored.hasBesides);
  const { revision, title } = summary;
  const missing = new Set(messagesOnly ? messages : [...messages, ...besides]);
  return { state: "continues", revision, title, missing, messagesOnly };
}
