import { headChanges, type HeadChanges, type SessionHead } from "../../../../session/head.ts";
import type { Message } from "../../../../session/message.ts";
import { messageToAstrid } from "../../../../session/astrid/message.ts";
import type { ForeignDocument } from "../../checkpoint/foreign-document.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import { changesOfAstrid, fieldsChanged, fieldSums } from "./foreign-head.ts";
import { consumed, digestOf, inCommon, isSameMessage } from "./foreign-messages.ts";

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
  /** The revision that the document names, when it is of this life. */
  readonly named: number | undefined;
  /** One of these. */
  stateAt(revision: number): SessionState | undefined;
  /** Where a place between two messages of `revision` is by now. `side`: of which end of a range. */
  placeNow(revision: number, place: number, side: "start" | "end"): number;
  /** Whether a message came with a document that was taken over behind `revision`. */
  isTakenOverSince(message: Message, revision: number): boolean;
}

/**
 * The change that a document makes to a session.
 *
 * Its writer knew the session as some document had it, and may not know what was committed since: that stays, and so
 * do messages which its program cannot hold. A document that goes on from a state that its writer can have known adds
 * its new messages and changes the fields that differ from that state; of one that goes on from none (somebody edited,
 * cleared or summarised the conversation) the messages take the place of those that its writer knew. Where it may be
 * either, it adds, unless much less is different when it is taken for an edit.
 */
export function foreignChange(document: ForeignDocument, history: ForeignHistory): ForeignChange {
  const { current } = history;
  const { splice, set, tokens } = smallestChange(document, history);
  const [start, deleteCount, inserted] = splice ?? [0, 0, []];
  const { messages } = current;
  const after = messages.slice(0, start).concat(inserted, messages.slice(start + deleteCount));
  return {
    splice,
    set: withTokens(set, tokens, document.head, current.head),
    known: knownBy(document, after),
  };
}

function smallestChange(document: ForeignDocument, history: ForeignHistory): Change {
  // An edited checkpoint says which one it was.
  const added = document.edited === undefined ? addition(document, history) : undefined;
  if (added !== undefined && added.cost <= 1) return added;
  const replaced = replacement(document, history);
  return added !== undefined && added.cost <= replaced.cost ? added : replaced;
}

/** A change, and the tokens that the writer of the document counted before it. */
interface Change {
  /** How many messages come or go; infinitely many where the document has none in common with any state. */
  readonly cost: number;
  readonly splice: Splice | undefined;
  readonly set: HeadChanges | undefined;
  readonly tokens: number;
}

/** What a document adds that goes on from a state which its writer can have known. */
function addition(document: ForeignDocument, history: ForeignHistory): Change | undefined {
  let best: Continuation | undefined;
  for (const { revision, record } of history.known) {
    const goesOn = continuation(document, history, revision, record);
    // The more of the document is known from there, the surer it is that it goes on from there.
    if (goesOn !== undefined && (best === undefined || goesOn.added.length < best.added.length))
      best = goesOn;
  }
  if (best === undefined) return undefined;
  const { added, set, tokens } = best;
  return {
    cost: added.length,
    splice: added.length === 0 ? undefined : [history.current.messages.length, 0, added],
    set,
    tokens,
  };
}

/** What a document adds to a state, and the tokens that its writer counted there. */
interface Continuation {
  readonly added: readonly Message[];
  readonly set: HeadChanges | undefined;
  readonly tokens: number;
}

/** What the document adds to a state that its writer may have known; `undefined` when it does not go on from that. */
function continuation(
  document: ForeignDocument,
  history: ForeignHistory,
  revision: number,
  record: CommitRecord | undefined,
): Continuation | undefined {
  if (record?.known !== undefined) {
    const [count, digest, , tokens] = record.known;
    const { messages } = document;
    if (messages.length < count || digestOf(messages.slice(0, count)) !== digest) return undefined;
    return { added: messages.slice(count), set: changedSince(record.known, document.head), tokens };
  }
  const base = history.stateAt(revision);
  const count = base === undefined ? undefined : consumed(base.messages, document.messages);
  if (base === undefined || count === undefined) return undefined;
  const set = changesOfAstrid(base.head, document.head);
  return { added: document.messages.slice(count), set, tokens: base.head.tokenCount };
}

function changedSince([, , fields]: ForeignChange["known"], head: SessionHead): HeadChanges {
  return Object.fromEntries(fieldsChanged(head, fields).map((field) => [field, head[field]]));
}

/** What a document changes, as compared with one that its writer may have read. */
interface Base {
  readonly revision: number;
  /** The messages of that document, and their places in the session as it was at that revision. */
  readonly messages: readonly Message[];
  readonly places: readonly number[];
  readonly set: HeadChanges | undefined;
  readonly tokens: number;
}

/** The smallest change that leads to the document from one that its writer may have read. */
function replacement(document: ForeignDocument, history: ForeignHistory): Change {
  const bases = basesOf(document, history);
  let best: { readonly base: Base; readonly splice: Splice | undefined; readonly cost: number } | undefined;
  for (const base of bases) {
    const splice = spliceBetween(base.messages, document.messages);
    const [start, deleteCount, inserted] = splice ?? [0, 0, []];
    const common = inCommon(base.messages.slice(start, start + deleteCount), inserted);
    // Where they have no message in common, nothing tells one from the other.
    const hasNone = deleteCount === base.messages.length && inserted.length === document.messages.length;
    if (splice !== undefined && hasNone && common === 0) continue;
    // A field counts less than a message.
    const fields = Object.keys(base.set ?? {}).length / 100;
    const cost = deleteCount + inserted.length - 2 * common + fields;
    if (best === undefined || cost < best.cost) best = { base, splice, cost };
  }
  const base = best?.base ?? bases[0];
  const { messages, set, tokens } = base;
  const splice = best === undefined ? spliceBetween(messages, document.messages) : best.splice;
  const cost = Math.floor(best?.cost ?? Infinity);
  return { cost, splice: splice && movedTo(history, base, splice), set, tokens };
}

/** What the writer may have read: first the checkpoint that the document names, then what was written last. */
function basesOf(document: ForeignDocument, history: ForeignHistory): [Base, ...Base[]] {
  const bases: Base[] = [];
  const { head } = document;
  const named = history.named === undefined ? undefined : history.stateAt(history.named);
  if (history.named !== undefined && named !== undefined) {
    const { messages } = named;
    const places = messages.map((_, place) => place);
    const set = headChanges(named.head, head);
    bases.push({ revision: history.named, messages, places, set, tokens: named.head.tokenCount });
  }
  const isWritten = ({ record }: ForeignHistory["known"][number]): boolean => record !== undefined;
  for (const { revision, record } of [
    ...history.known.filter(isWritten),
    ...history.known.filter((one) => !isWritten(one)),
  ]) {
    const state = history.stateAt(revision);
    if (state === undefined) continue;
    // A checkpoint that was edited is the one that it names, or what somebody has made of that since.
    if (named !== undefined && (record === undefined || revision <= (history.named ?? 0))) continue;
    const known = record?.known;
    const places = placesIn(state.messages, known?.[4]);
    const messages = places.map((place) => state.messages[place] as Message);
    const set = known === undefined ? changesOfAstrid(state.head, head) : changedSince(known, head);
    bases.push({ revision, messages, places, set, tokens: known?.[3] ?? state.head.tokenCount });
  }
  const [first, ...others] = bases;
  if (first !== undefined) return [first, ...others];
  const { head: now, messages } = history.current;
  const set = changesOfAstrid(now, head);
  const places = messages.map((_, place) => place);
  return [{ revision: Infinity, messages, places, set, tokens: now.tokenCount }];
}

/** The places of a state's messages that a document held: those that the counts say, else whatever Astrid can hold. */
export function placesIn(messages: readonly Message[], counts: readonly number[] | undefined): number[] {
  const places: number[] = [];
  if (counts === undefined) {
    for (const [place, message] of messages.entries())
      if (messageToAstrid(message) !== undefined) places.push(place);
    return places;
  }
  let place = 0;
  for (const [index, count] of counts.entries()) {
    if (index % 2 === 0) for (let at = 0; at < count; at++) places.push(place + at);
    place += count;
  }
  return places;
}

/** The counts that `placesIn` takes; `undefined` when they say no more than what Astrid can hold. */
function countsOf(after: readonly Message[], document: readonly Message[]): number[] | undefined {
  const counts = [0];
  let at = 0;
  for (const message of after) {
    const other = document[at];
    const isThere = other !== undefined && isSameMessage(message, other);
    if (isThere) at++;
    // Even places count those that are there.
    if ((counts.length % 2 === 1) !== isThere) counts.push(0);
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
  }
  if (at < document.length || counts.length > MOST_COUNTS) return undefined;
  return counts.length === 1 ? undefined : counts;
}

/** Where documents and our commits alternate more often than that, it is not kept which messages a document held. */
const MOST_COUNTS = 200;

/**
 * What is kept of a document, so that the next one of its writer can be compared with it.
 * @param after the session's messages with the document's change.
 */
export function knownBy(
  { head, messages }: ForeignDocument,
  after: readonly Message[] = messages,
): ForeignChange["known"] {
  const counts = countsOf(after, messages);
  const common = [messages.length, digestOf(messages), fieldSums(head), head.tokenCount] as const;
  return counts === undefined ? common : [...common, counts];
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

/** The same splice where its messages stand by now; what its writer did not know stays behind what takes the place. */
function movedTo(
  history: ForeignHistory,
  { revision, messages, places }: Base,
  [start, deleteCount, inserted]: Splice,
): Splice {
  const { current } = history;
  const first = places[start];
  // What was added at the end comes behind what was committed since.
  if (first === undefined) return [current.messages.length, 0, inserted];
  const from = history.placeNow(revision, first, "start");
  if (deleteCount === 0) return [from, 0, inserted];
  const last = places[start + deleteCount - 1] ?? first;
  const to = Math.max(history.placeNow(revision, last + 1, "end"), from);
  const replaced = new Set(messages.slice(start, start + deleteCount));
  const kept = current.messages
    .slice(from, to)
    .filter((message) => !replaced.has(message) && !history.isTakenOverSince(message, revision));
  return [from, to - from, [...inserted, ...kept]];
}
