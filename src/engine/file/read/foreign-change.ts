import { headChanges, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { ForeignDocument } from "../checkpoint/foreign-document.ts";
import type { CommitRecord } from "../journal/journal-record.ts";
import { changesOfAstrid, fieldsChanged, fieldSums } from "./foreign-head.ts";
import { consumed, digestOf, isSameMessage } from "./foreign-messages.ts";

/** A session's state: the parts that a commit changes. */
export interface SessionState {
  readonly head: SessionHead;
  readonly messages: readonly Message[];
}

/** What someone else changed, to be applied on top of the current revision. */
export interface ForeignChange {
  readonly splice: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set: HeadChanges | undefined;
  /** For the journal: what the writer of the document knows from now on. */
  readonly known: NonNullable<CommitRecord["known"]>;
}

/** What is known of a session's history for this. */
export interface ForeignHistory {
  readonly current: SessionState;
  /**
   * The states that a writer of the document may have known, the latest first: each is a checkpoint of ours, or what
   * it wrote last itself, which a commit has taken over.
   */
  readonly known: readonly { readonly revision: number; readonly record: CommitRecord | undefined }[];
  stateAt(revision: number): Promise<SessionState | undefined>;
  /** Where a place between two messages of `revision` is by now. `side`: of which end of a range. */
  placeNow(revision: number, place: number, side: "start" | "end"): number;
}

/**
 * The change that a document makes to a session.
 *
 * Its writer knew the session as some document had it, and may not know what was committed since: that stays, and so
 * do messages which its program cannot hold. A document that goes on from a state that its writer can have known adds
 * its new messages and changes the fields that differ from that state; one that goes on from none (somebody cleared or
 * summarised the conversation) replaces the messages of the latest such state.
 */
export async function foreignChange(
  document: ForeignDocument,
  history: ForeignHistory,
): Promise<ForeignChange> {
  const known = knownBy(document);
  const { current } = history;
  const edited = document.edited === undefined ? undefined : await history.stateAt(document.edited.revision);
  if (document.edited !== undefined && edited !== undefined) {
    const splice = spliceBetween(edited.messages, document.messages);
    return {
      splice:
        splice &&
        movedTo(history, { revision: document.edited.revision, count: edited.messages.length }, splice),
      set: withTokens(
        headChanges(edited.head, document.head),
        edited.head.tokenCount,
        document.head,
        current.head,
      ),
      known,
    };
  }
  let best: Continuation | undefined;
  for (const { revision, record } of history.known) {
    const goesOn = await continuation(document, history, revision, record);
    // The more of the document is known from there, the surer it is that it goes on from there.
    if (goesOn !== undefined && (best === undefined || goesOn.added.length < best.added.length))
      best = goesOn;
  }
  if (best !== undefined) {
    const splice = best.added.length === 0 ? undefined : ([current.messages.length, 0, best.added] as const);
    return { splice, set: withTokens(best.set, best.tokens, document.head, current.head), known };
  }
  // What its writer wrote last it knew for certain.
  const wrote = history.known.find(({ record }) => record !== undefined) ?? history.known[0];
  const latest = wrote?.revision;
  const base = latest === undefined ? current : ((await history.stateAt(latest)) ?? current);
  const splice = spliceBetween(base.messages, document.messages);
  return {
    splice:
      splice &&
      (latest === undefined
        ? splice
        : movedTo(history, { revision: latest, count: base.messages.length }, splice)),
    set: withTokens(
      changesOfAstrid(base.head, document.head),
      base.head.tokenCount,
      document.head,
      current.head,
    ),
    known,
  };
}

/** What a document adds to a state, and the tokens that its writer counted there. */
interface Continuation {
  readonly added: readonly Message[];
  readonly set: HeadChanges | undefined;
  readonly tokens: number;
}

/** What the document adds to a state that its writer may have known; `undefined` when it does not go on from that. */
async function continuation(
  document: ForeignDocument,
  history: ForeignHistory,
  revision: number,
  record: CommitRecord | undefined,
): Promise<Continuation | undefined> {
  if (record?.known !== undefined) {
    const [count, digest, fields, tokens] = record.known;
    const { messages, head } = document;
    if (messages.length < count || digestOf(messages.slice(0, count)) !== digest) return undefined;
    const set = Object.fromEntries(
      fieldsChanged(head, fields).map((field) => [field, head[field]]),
    ) as HeadChanges;
    return { added: messages.slice(count), set, tokens };
  }
  const base = await history.stateAt(revision);
  const count = base === undefined ? undefined : consumed(base.messages, document.messages);
  if (base === undefined || count === undefined) return undefined;
  const set = changesOfAstrid(base.head, document.head);
  return { added: document.messages.slice(count), set, tokens: base.head.tokenCount };
}

/** What is kept of a document, so that the next one of its writer can be compared with it. */
export function knownBy({ head, messages }: ForeignDocument): ForeignChange["known"] {
  return [messages.length, digestOf(messages), fieldSums(head), head.tokenCount];
}

/** Tokens are counted on from what they are now. */
function withTokens(
  set: HeadChanges | undefined,
  tokens: number,
  theirs: SessionHead,
  now: SessionHead,
): HeadChanges | undefined {
  if (set === undefined || Object.keys(set).length === 0) return undefined;
  if (set.tokenCount === undefined) return set;
  return { ...set, tokenCount: Math.max(now.tokenCount + theirs.tokenCount - tokens, 0) };
}

type Splice = readonly [start: number, deleteCount: number, messages: readonly Message[]];

/** From one list of messages to another that somebody made of it. */
function spliceBetween(from: readonly Message[], to: readonly Message[]): Splice | undefined {
  let start = 0;
  const shorter = Math.min(from.length, to.length);
  while (start < shorter && isSameMessage(from[start] as Message, to[start] as Message)) start++;
  let behind = 0;
  while (behind < shorter - start) {
    if (!isSameMessage(from[from.length - 1 - behind] as Message, to[to.length - 1 - behind] as Message))
      break;
    behind++;
  }
  const inserted = to.slice(start, to.length - behind);
  const deleteCount = from.length - start - behind;
  return deleteCount === 0 && inserted.length === 0 ? undefined : [start, deleteCount, inserted];
}

/** The same splice where its messages stand by now. */
function movedTo(
  history: ForeignHistory,
  { revision, count }: { readonly revision: number; readonly count: number },
  [start, deleteCount, messages]: Splice,
): Splice {
  // What was added at the end comes behind what was committed since.
  if (start === count && deleteCount === 0) return [history.current.messages.length, 0, messages];
  const from = history.placeNow(revision, start, "start");
  const to = history.placeNow(revision, start + deleteCount, "end");
  return [from, Math.max(to - from, 0), messages];
}
