import type { Revision } from "../../../store/reading/history.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { HistoryPage, RevisionRow } from "../../shapes.ts";
import { numberIn } from "./filters.ts";

const REVISIONS = 200;

/** The revisions of a session, newest first. */
export async function historyPage(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<HistoryPage> {
  const limit = Math.max(numberIn(params, "limit", REVISIONS, 5000), 1);
  const revisions: RevisionRow[] = [];
  let more = false;
  for await (const revision of store.history(id)) {
    if (revisions.length === limit) {
      more = true;
      break;
    }
    const { revision: number, at, messageCount } = revision;
    revisions.push({ revision: number, at, messageCount, did: whatItDid(revision) });
  }
  return { revisions, more };
}

/** What a revision changed, in a word or two. */
export function whatItDid({ isForeign, isRemoval, changed }: Revision): string {
  if (isRemoval) return "removed, and restored later";
  const told: string[] = [];
  const { messages, fields = [] } = changed ?? {};
  if (messages !== undefined) {
    const { start, removed, added } = messages;
    if (removed === 0) told.push(`+${added}`);
    else told.push(added === 0 ? `−${removed} from #${start}` : `−${removed} +${added} from #${start}`);
  }
  if (fields.length > 0) told.push(fields.join(", "));
  if (isForeign) told.push("by another program");
  return told.length === 0 ? "nothing to be seen" : told.join("; ");
}
