import { expect } from "vitest";
import type { EngineReport, StorageEngine } from "../../../src/engine/contract.ts";
import { AgentSession } from "../../../src/session/agent-session.ts";
import { newSessionId, type SessionId } from "../../../src/session/session-id.ts";
import type { SessionLease } from "../../../src/store/session-lease.ts";
import { SessionStore } from "../../../src/store/session-store.ts";
import { exportedAgain } from "./exported-again.ts";
import { autoTitleOf, Hand } from "./hand.ts";
import {
  checkAll,
  checkFilters,
  checkHistory,
  checkList,
  checkSearch,
  checkSession,
  checkTrash,
  checkWorkspaces,
} from "./look.ts";
import { packed } from "./packed.ts";
import { redacted } from "./redacted.ts";
import { refused } from "./refused.ts";
import { EMPTY, tokensOf, type Life, type State } from "./session-model.ts";
import { Speaker, type Step } from "./steps.ts";
import { cleanedUp, copied, relinkedHere, vacuumed } from "./upkeep.ts";
import { Verbs } from "./verbs.ts";
import { World } from "./world.ts";

type Of<Do extends Step["do"]> = Extract<Step, { do: Do }>;

/** Where a run's sessions are. */
export interface Place {
  open(): StorageEngine;
}

/** One run: what somebody does to a store, and to the model of it. */
export class Run {
  readonly #place: Place;
  readonly #engines = new Set<StorageEngine>();
  readonly #reports: EngineReport[] = [];
  readonly #world = new World();
  readonly #speaker = new Speaker();
  /** Session objects are a store's: another one does not know what of them is stored. */
  readonly #hands = new Map<SessionStore, Map<SessionId, Hand>>();
  readonly #leases = new Map<SessionId, { lease: SessionLease; of: SessionStore }[]>();
  #store: SessionStore;
  #other: SessionStore;
  #steps = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#store = this.#open();
    this.#other = this.#open();
  }

  async take(step: Step): Promise<void> {
    const touched = await this.#do(step);
    await checkList(this.#store, this.#world);
    if (touched !== undefined) {
      await checkSession(this.#store, this.#world, touched);
      await checkHistory(this.#store, this.#world, touched);
    }
    await checkTrash(this.#store, this.#world);
    await checkWorkspaces(this.#store, this.#world);
    const said = this.#speaker.count;
    if (said > 0) await checkSearch(this.#store, this.#world, 1 + ((++this.#steps * 7) % said));
  }

  async end(): Promise<void> {
    await checkAll(this.#store, this.#world, this.#speaker.count);
    await checkAll(this.#other, this.#world, this.#speaker.count);
    await this.close();
    expect(this.#reports).toEqual([]);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#other.close();
    for (const engine of this.#engines) await engine.close();
  }

  get #verbs(): Verbs {
    const hands = this.#hands.get(this.#store) ?? new Map<SessionId, Hand>();
    return new Verbs(this.#store, this.#world, this.#speaker, this.#leases, hands);
  }

  #open(): SessionStore {
    const engine = this.#place.open();
    this.#engines.add(engine);
    const store = new SessionStore(engine, {
      durability: "process",
      closeEngine: engine.capabilities.persistent,
    });
    store.on("report", (report) => this.#reports.push(report));
    this.#hands.set(store, new Map());
    return store;
  }

  /** @returns the session that it was done to. */
  async #do(step: Step): Promise<SessionId | undefined> {
    switch (step.do) {
      case "create":
      case "import":
        return await this.#begin(newSessionId(), null, step);
      case "look at all":
        await checkAll(this.#store, this.#world, this.#speaker.count);
        return undefined;
      case "empty trash":
        expect(await this.#store.emptyTrash()).toBe(this.#world.trash.length);
        this.#world.trash = [];
        return undefined;
      case "other store":
        [this.#store, this.#other] = [this.#other, this.#store];
        await checkFilters(this.#store, this.#world);
        return undefined;
      case "reopen":
        await this.#reopen();
        return undefined;
      case "copy":
        await copied(this.#store, this.#world);
        return undefined;
      case "relink":
        await relinkedHere(this.#store, this.#world, step);
        return undefined;
      case "clean up":
        await cleanedUp(this.#store, this.#world, step);
        return undefined;
      default:
        return await this.#doTo(step);
    }
  }

  async #doTo(step: Extract<Step, { on: number }>): Promise<SessionId | undefined> {
    const { ids, lives } = this.#world;
    const id = ids[step.on % ids.length];
    if (id === undefined) return undefined;
    const life = lives.get(id);
    switch (step.do) {
      case "create child":
        return await this.#begin(newSessionId(), id, step);
      case "create again":
        return await this.#begin(id, null, { ...step, do: "create" });
      case "hold object":
        this.#hold(id, await this.#store.load(id), life);
        return id;
      case "delete":
      case "trash":
        expect(await this.#store.delete(id, { trash: step.do === "trash" })).toBe(
          this.#world.remove(id, step.do === "trash"),
        );
        return id;
      case "restore":
        await this.#restore(id);
        return id;
      case "lease":
      case "take over":
        await this.#lease(id, step.do === "take over");
        return id;
      case "release":
        await this.#release(id);
        return id;
      case "pack":
        await packed(this.#store, id, life !== undefined, this.#world.held.has(id));
        return id;
      case "vacuum":
        await vacuumed(this.#store, this.#world, id, step.at);
        return id;
      case "redact":
        if (await redacted(this.#store, this.#world, id, step.at))
          for (const hands of this.#hands.values()) {
            const hand = hands.get(id);
            if (hand !== undefined) hand.isStale = true;
          }
        return id;
      case "export":
        if (life !== undefined) await exportedAgain(this.#store, this.#world, id);
        return id;
      default:
        if (step.do.startsWith("save ")) await this.#save(id, step as Of<`save ${string}` & Step["do"]>);
        else if (life === undefined)
          await refused(
            this.#verbs.change(id, undefined, step),
            "SESSION_NOT_FOUND",
            "LEASE_LOST",
            "CONFLICT",
          );
        else await this.#verbs.change(id, life, step);
        return id;
    }
  }

  async #begin(
    id: SessionId,
    parentId: SessionId | null,
    { do: how, kinds, daysAgo, place }: Of<"create" | "import" | "create child">,
  ): Promise<SessionId> {
    const messages = this.#speaker.say(kinds);
    const at = new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000).toISOString();
    const state: State = { ...EMPTY, messages, workspacePath: place };
    if (how === "import") {
      await this.#store.commit(id, {
        base: 0,
        at,
        set: { createdAt: at, parentId, workspacePath: place },
        splice: ["end", 0, messages],
      });
      const life = this.#world.begin(id, at, parentId, at);
      life.become(state, { start: 0, removed: 0, added: messages.length });
      return id;
    }
    const session = new AgentSession({
      ...{ id, createdAt: at, workspacePath: place, messages },
      parentId: parentId ?? undefined,
    });
    if (this.#world.lives.has(id)) {
      await refused(this.#store.save(session), "CONFLICT");
      return id;
    }
    await this.#store.save(session);
    const life = this.#world.begin(id, at, parentId, at);
    const saved = { ...state, tokens: tokensOf(messages), autoTitle: autoTitleOf(messages) };
    life.become(saved, { start: 0, removed: 0, added: messages.length });
    const hand = new Hand(session, life, EMPTY, saved);
    hand.isSaved(1);
    this.#hands.get(this.#store)?.set(id, hand);
    return id;
  }

  #hold(id: SessionId, session: AgentSession | undefined, life: Life | undefined): Hand | undefined {
    if (session === undefined || life === undefined) return undefined;
    const hand = new Hand(session, life, life.now);
    this.#hands.get(this.#store)?.set(id, hand);
    return hand;
  }

  async #save(id: SessionId, step: Of<`save ${string}` & Step["do"]>): Promise<void> {
    const hands = this.#hands.get(this.#store);
    const life = this.#world.lives.get(id);
    const hand = hands?.get(id) ?? this.#hold(id, await this.#store.load(id), life);
    if (hand === undefined) return;
    hand.edit(step, this.#speaker.say(step.kinds));
    if (!hand.isChanged) {
      expect(await this.#store.save(hand.session)).toMatchObject({
        unchanged: true,
        revision: hand.revision,
      });
      return;
    }
    if (life === undefined || hand.isStale || life !== hand.life || life.revision !== hand.revision) {
      await refused(this.#store.save(hand.session), "CONFLICT");
      hands?.delete(id);
      return;
    }
    const { revision, unchanged } = await this.#store.save(hand.session);
    life.become(hand.now, hand.splice);
    expect([revision, unchanged]).toEqual([life.revision, false]);
    hand.isSaved(revision);
  }

  async #lease(id: SessionId, takeOver: boolean): Promise<void> {
    const held = this.#world.held.get(id);
    const asked = this.#store.lease(id, { by: `agent ${id.slice(0, 4)}`, takeOver });
    if (held !== undefined && !takeOver) {
      await refused(asked, "SESSION_HELD");
      return;
    }
    const lease = await asked;
    this.#world.held.set(id, lease);
    this.#leases.set(id, [...(this.#leases.get(id) ?? []), { lease, of: this.#store }]);
  }

  async #release(id: SessionId): Promise<void> {
    const last = this.#leases.get(id)?.pop();
    await last?.lease.release();
    if (this.#world.held.get(id) === last?.lease) this.#world.held.delete(id);
  }

  async #restore(id: SessionId): Promise<void> {
    const { lives } = this.#world;
    if (lives.has(id) && this.#world.isInTrash(id)) {
      await refused(this.#store.restore(id), "CONFLICT");
      return;
    }
    const back = this.#world.restorable(id);
    const told: SessionId[] = [];
    expect(await this.#store.restore(id, { onRestore: (one) => told.push(one) })).toBe(back.length > 0);
    expect(told.sort()).toEqual(back.toSorted());
    for (const one of back)
      this.#world.restore(one)?.restored((await this.#store.summary(one))?.revision ?? 0);
  }

  async #reopen(): Promise<void> {
    if (!this.#store.engine.capabilities.persistent) return;
    const before = this.#store;
    await before.close();
    for (const leases of this.#leases.values())
      for (const { lease, of } of leases)
        if (of === before)
          for (const [id, held] of this.#world.held) if (held === lease) this.#world.held.delete(id);
    this.#store = this.#open();
    await checkAll(this.#store, this.#world, this.#speaker.count);
  }
}
