import type { HeadField } from "../../../session/head.ts";
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
  if (fields.length > 0) told.push(named(fields));
  if (isForeign) told.push("by another program");
  return told.length === 0 ? "nothing to be seen" : told.join("; ");
}

/** What people call fields of a session's head. */
const WORDS: Readonly<Partial<Record<HeadField, string>>> = {
  createdAt: "when it began",
  turnCount: "number of prompts",
  toolCallCount: "number of calls",
  approvalCount: "number of approvals",
  custom: "own strings",
  workspacePath: "project",
  workspaceId: "project’s id",
  parentId: "session it belongs to",
  gitState: "branch",
  budgetSnapshot: "budget",
  escapeState: "remembered paths",
  systemPrompt: "system prompt",
  metadataExtra: "further details",
  extra: "what its program keeps",
  userId: "user",
  tokenCount: "tokens",
};

export function wordFor(field: HeadField): string {
  return WORDS[field] ?? field;
}

const NAMED = 3;
/** What says most of a session is named first. */
const FIRST: readonly HeadField[] = ["title", "tags", "model", "workspacePath"];

function named(fields: readonly HeadField[]): string {
  const inOrder = [
    ...FIRST.filter((one) => fields.includes(one)),
    ...fields.filter((one) => !FIRST.includes(one)),
  ];
  const shown = inOrder.length <= NAMED + 1 ? inOrder : inOrder.slice(0, NAMED);
  const more = inOrder.length - shown.length;
  return `${shown.map(wordFor).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
