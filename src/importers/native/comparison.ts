import type { SessionStore } from "../../store/session-store.ts";
import type { SessionId } from "../../session/session-id.ts";
import { contentHash } from "../identity.ts";
import type { ImportItem } from "./native-importer.ts";
import { StoredContents } from "./stored-contents.ts";

/** How a file and the session in the store stand to each other. */
export type Comparison =
  /** There is no such session yet. */
  | { readonly state: "absent" }
  /** The file goes on where the session ends, or has nothing that the session lacks. */
  | {
      readonly state: "continues";
      readonly revision: number;
      readonly title: string | null;
      /** Which messages of the file the session lacks, counted from 0 in the file's order. */
      readonly missing: ReadonlySet<number>;
    }
  /** Each has what the other lacks. */
  | { readonly state: "diverged"; readonly firstNew: string };

/** Compares in one pass over the session and one over the file; a hash per stored message is held. */
export async function comparison(
  store: SessionStore,
  id: SessionId,
  items: AsyncIterable<ImportItem>,
): Promise<Comparison> {
  const summary = await store.summary(id);
  if (summary === undefined) return { state: "absent" };
  const stored = new StoredContents();
  for await (const { message } of store.messages(id)) stored.add(message);

  const unmatched = stored.counter();
  const missing = new Set<number>();
  let firstNew: string | undefined;
  let index = -1;
  let reachesEnd = stored.last === undefined;
  for await (const item of items) {
    if (item.type !== "message") continue;
    index++;
    const hash = contentHash(item.message);
    if (hash === stored.last) reachesEnd = true;
    if (unmatched.take(hash)) continue;
    missing.add(index);
    firstNew ??= hash;
  }
  if (firstNew !== undefined && !reachesEnd) return { state: "diverged", firstNew };
  return { state: "continues", revision: summary.revision, title: summary.title, missing };
}
