import { expect } from "vitest";
import type { Message } from "../../../src/session/message.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import type { SessionLease } from "../../../src/store/session-lease.ts";
import type { SessionStore } from "../../../src/store/session-store.ts";
import { Hand } from "./hand.ts";
import { checkSession } from "./look.ts";
import { refused } from "./refused.ts";
import { EMPTY, forkOf, tokensOf, type Life, type State } from "./session-model.ts";
import { MODELS, TAGS, type Speaker, type Step } from "./steps.ts";
import type { World } from "./world.ts";

type Of<Do extends Step["do"]> = Extract<Step, { do: Do }>;

/** What changes one session, in a store and in the model of it. */
export class Verbs {
  readonly #store: SessionStore;
  readonly #world: World;
  readonly #speaker: Speaker;
  readonly #leases: ReadonlyMap<SessionId, readonly { readonly lease: SessionLease }[]>;
  readonly #hands: Map<SessionId, Hand>;

  constructor(
    store: SessionStore,
    world: World,
    speaker: Speaker,
    leases: ReadonlyMap<SessionId, readonly { readonly lease: SessionLease }[]>,
    hands: Map<SessionId, Hand>,
  ) {
    this.#store = store;
    this.#world = world;
    this.#speaker = speaker;
    this.#leases = leases;
    this.#hands = hands;
  }

  /** What the other verbs do to a session. Of one that is not there, all of them are refused. */
  async change(id: SessionId, life: Life | undefined, step: Step): Promise<void> {
    const store = this.#store;
    switch (step.do) {
      case "append": {
        await this.#append(id, life, this.#speaker.say(step.kinds));
        return;
      }
      case "append at once": {
        const said = this.#speaker.say(step.kinds);
        if (said.length === 0) {
          await this.#append(id, life, said);
          return;
        }
        const done = await Promise.all(
          said.map(async (message) => ({ message, ...(await store.append(id, [message])) })),
        );
        for (const { message } of done.sort((left, right) => left.revision - right.revision))
          this.#appended(life, [message]);
        return;
      }
      case "write under lease": {
        await this.#writeUnderLease(id, life, this.#speaker.say(step.kinds));
        return;
      }
      case "commit splice": {
        const said = this.#speaker.say(step.kinds);
        const count = life?.now.messages.length ?? 0;
        const start = Math.min(step.start, count);
        const removed = Math.min(step.remove, count - start);
        const base = step.value === 0 ? 99 : life?.revision;
        const commit = store.commit(id, {
          base,
          splice: [base === undefined ? "end" : step.start, step.remove, said],
        });
        if (base === 99 && life !== undefined) {
          await refused(commit, "CONFLICT");
          return;
        }
        await commit;
        life?.splice(start, removed, said);
        return;
      }
      case "commit fields": {
        const model = MODELS[step.value % MODELS.length] ?? null;
        const title = step.value < 6 ? null : `named${step.value % 3} set`;
        await store.commit(id, { set: { model, title } });
        life?.become({ model, title });
        return;
      }
      case "commit side": {
        const list = step.value % 2 === 0 ? "notes" : "steps";
        await store.commit(id, { side: { [list]: [step.value] } });
        life?.become({});
        life?.side.push({ revision: life.revision, list, item: step.value });
        return;
      }
      case "title": {
        await this.#organize(id, life, {
          title: step.value === 0 ? null : `named${step.value} given`,
        });
        return;
      }
      case "tag":
      case "untag": {
        const tag = TAGS[step.value % TAGS.length] ?? "red";
        const rest = (life?.now.tags ?? []).filter((one) => one !== tag);
        if (step.do === "untag") {
          await this.#organize(id, life, { tags: rest }, { removeTags: [tag] });
          return;
        }
        const tags = life?.now.tags.includes(tag) === true ? life.now.tags : [...rest, tag];
        await this.#organize(id, life, { tags }, { addTags: [tag] });
        return;
      }
      case "pin": {
        await this.#organize(id, life, { pinned: step.value % 2 === 0 });
        return;
      }
      case "archive": {
        await this.#organize(id, life, { archived: step.value % 2 === 0 });
        return;
      }
      case "fork":
      case "fork at revision":
      case "fork at position": {
        await this.#fork(id, life, step);
        return;
      }
      case "rewind to revision":
      case "rewind to position": {
        const to = step.do === "rewind to revision" ? { revision: step.at } : { position: step.at };
        const messages = life && messagesAt(life, to);
        if (life !== undefined && messages === undefined) {
          await refused(store.rewind(id, to), "INVALID_ARGUMENT");
          return;
        }
        const committed = await store.rewind(id, to);
        if (life !== undefined && messages !== undefined)
          expect(committed !== undefined).toBe(
            life.rewind(messages, to.revision === undefined ? undefined : life.at(to.revision).takenOver),
          );
        return;
      }
      case "undo": {
        if (life?.isUndoGivenUp === true) {
          await refused(store.undo(id), "INVALID_ARGUMENT");
          return;
        }
        const undone = await store.undo(id);
        expect(undone).toBe(life?.undo());
        return;
      }
      case "compact": {
        const summary = `summary of ${life?.revision ?? 0}`;
        const upTo = life?.toCompact(step.keepRecent) ?? 0;
        const committed = await store.compact(id, { summary, keepRecent: step.keepRecent });
        expect(committed !== undefined).toBe(upTo > 0);
        life?.compact(upTo, summary);
        return;
      }
      case "checkpoint": {
        await store.checkpoint(id);
        return;
      }
      default:
        throw new Error(`nobody does ${step.do}`);
    }
  }

  async #append(id: SessionId, life: Life | undefined, said: readonly Message[]): Promise<void> {
    const { revision, messageCount } = await this.#store.append(id, said);
    this.#appended(life, said);
    expect([revision, messageCount]).toEqual([life?.revision, life?.now.messages.length]);
  }

  #appended(life: Life | undefined, said: readonly Message[]): void {
    if (life === undefined || said.length === 0) return;
    const { tokens, messages } = life.now;
    life.splice(messages.length, 0, said, { tokens: tokens + tokensOf(said) });
  }

  async #organize(
    id: SessionId,
    life: Life | undefined,
    change: Partial<State>,
    asked: Parameters<SessionStore["organize"]>[1] = change,
  ): Promise<void> {
    const committed = await this.#store.organize(id, asked);
    if (life === undefined) return;
    const isSame = JSON.stringify({ ...life.now, ...change }) === JSON.stringify(life.now);
    expect(committed === undefined).toBe(isSame);
    if (!isSame) life.become(change);
  }

  async #fork(
    id: SessionId,
    life: Life | undefined,
    step: Of<"fork" | "fork at revision" | "fork at position">,
  ): Promise<void> {
    const isAtRevision = step.do === "fork at revision";
    const at = { [isAtRevision ? "revision" : "position"]: step.do === "fork" ? undefined : step.at };
    const revision = isAtRevision ? step.at : (life?.revision ?? 0);
    const state = life?.at(revision) ?? EMPTY;
    const position = step.do === "fork at position" ? step.at : state.messages.length;
    const isThere =
      revision >= (life?.begins ?? 1) &&
      revision <= (life?.revision ?? 0) &&
      position <= state.messages.length;
    if (life !== undefined && !isThere) {
      await refused(this.#store.fork(id, at), "INVALID_ARGUMENT");
      return;
    }
    const fork = await this.#store.fork(id, at);
    if (life === undefined) return;
    const begun = forkOf(id, revision, state, position);
    const its = this.#world.begin(fork.id, fork.createdAt, life.parentId, fork.createdAt);
    its.become(begun, { start: 0, removed: 0, added: begun.messages.length });
    for (const [list, item] of life.sideAt(revision)) its.side.push({ revision: 1, list, item });
    this.#hands.set(fork.id, new Hand(fork, its, begun));
    await checkSession(this.#store, this.#world, fork.id);
  }

  /** The lease that was taken first, which may be lost. */
  async #writeUnderLease(id: SessionId, life: Life | undefined, said: readonly Message[]): Promise<void> {
    const [first] = this.#leases.get(id) ?? [];
    const lease = first?.lease;
    const written = this.#store.append(id, said, { lease });
    if (lease === undefined || this.#world.held.get(id) === lease) {
      await written;
      this.#appended(life, said);
    } else
      await refused(written, "LEASE_LOST", ...(life === undefined ? (["SESSION_NOT_FOUND"] as const) : []));
    if (life === undefined) await written;
  }
}

function messagesAt(
  life: Life,
  { revision, position }: { readonly revision?: number; readonly position?: number },
): readonly Message[] | undefined {
  const { messages } = life.now;
  if (position !== undefined) return position <= messages.length ? messages.slice(0, position) : undefined;
  return revision === undefined || revision < life.begins || revision > life.revision
    ? undefined
    : life.at(revision).messages;
}
