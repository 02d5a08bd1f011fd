import { headChanges, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import { isJsonObject, jsonEquals, type Json } from "../../../session/json.ts";
import type { Message } from "../../../session/message.ts";

/** A session's state: the parts that a commit changes. */
export interface SessionState {
  readonly head: SessionHead;
  readonly messages: readonly Message[];
}

export interface ForeignChange {
  readonly splice: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set: HeadChanges | undefined;
}

/**
 * The change that someone else made to a session's document, to be applied on top of `current`.
 *
 * The document was made from the checkpoint, whose head and number of messages `base` tells; commits since then are
 * kept: what the other side appended goes behind them. Astrid drops what it does not understand when it saves, so
 * that a missing key, id or message of that kind is no change (`edited` false).
 */
export function foreignChange(
  current: SessionState,
  base: { readonly head: SessionHead; readonly messageCount: number },
  document: SessionState & { readonly edited: boolean },
): ForeignChange {
  const set = headChanges(
    base.head,
    document.edited ? document.head : withDroppedFields(base.head, document.head),
  );
  const tokens = set?.tokenCount;
  const grownBy = tokens === undefined ? 0 : tokens - base.head.tokenCount;
  return {
    splice: spliceTo(current.messages, base.messageCount, document.messages, document.edited),
    set: tokens === undefined ? set : { ...set, tokenCount: Math.max(current.head.tokenCount + grownBy, 0) },
  };
}

function withDroppedFields(ours: SessionHead, theirs: SessionHead): SessionHead {
  const { workspaceId, parentId, extra, metadataExtra } = ours;
  return {
    ...theirs,
    workspaceId: theirs.workspaceId ?? workspaceId,
    parentId: theirs.parentId ?? parentId,
    extra: { ...extra, ...theirs.extra },
    metadataExtra: { ...metadataExtra, ...theirs.metadataExtra },
  };
}

function spliceTo(
  ours: readonly Message[],
  baseCount: number,
  theirs: readonly Message[],
  edited: boolean,
): ForeignChange["splice"] {
  const same = edited ? jsonEquals : sameToAstrid;
  const kept = Math.min(baseCount, ours.length);
  let mine = 0;
  let its = 0;
  while (mine < ours.length) {
    const message = ours[mine] as Message;
    if (!edited && !understood(message)) {
      mine++;
      continue;
    }
    const other = theirs[its];
    if (other === undefined || !same(message, other)) break;
    mine++;
    its++;
  }
  if (mine >= kept) {
    return its === theirs.length ? undefined : [ours.length, 0, theirs.slice(its)];
  }
  let behind = 0;
  while (behind < Math.min(kept - mine, theirs.length - its)) {
    if (!same(ours[kept - 1 - behind] as Message, theirs[theirs.length - 1 - behind] as Message)) break;
    behind++;
  }
  return [mine, kept - mine - behind, theirs.slice(its, theirs.length - behind)];
}

const ASTRID_ROLES = new Set(["system", "user", "assistant", "tool"]);

/** Whether Astrid keeps a message; see docs/format.md for its four shapes of content. */
function understood(message: Message): boolean {
  const { role, content } = message;
  if (!ASTRID_ROLES.has(role)) return false;
  if (typeof content === "string") return true;
  if (Array.isArray(content)) return isToolCalls(content as Json[]) || isParts(content as Json[]);
  return (
    isJsonObject(content) && typeof content["call_id"] === "string" && typeof content["content"] === "string"
  );
}

function isToolCalls(items: readonly Json[]): boolean {
  return items.every(
    (item) => isJsonObject(item) && typeof item["id"] === "string" && typeof item["name"] === "string",
  );
}

function isParts(items: readonly Json[]): boolean {
  return items.every(
    (item) =>
      isJsonObject(item) &&
      ((item["type"] === "text" && typeof item["text"] === "string") ||
        (item["type"] === "image" &&
          typeof item["data"] === "string" &&
          typeof item["media_type"] === "string")),
  );
}

function sameToAstrid(left: Message, right: Message): boolean {
  return left.role === right.role && jsonEquals(asAstridWrites(left.content), asAstridWrites(right.content));
}

function asAstridWrites(content: Json): Json {
  return isJsonObject(content) && typeof content["call_id"] === "string"
    ? { is_error: false, ...content }
    : content;
}
