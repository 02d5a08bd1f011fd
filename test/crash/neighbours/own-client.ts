import { AgentSession, Message, type SessionId, type SessionStore } from "../../../src/index.ts";
import { isRefusal } from "../simulation/refusal.ts";
import { Violation } from "../simulation/history.ts";
import type { Random } from "../simulation/random.ts";
import type { Ledger, Shown } from "./ledger.ts";

export interface Desk {
  readonly name: string;
  readonly owner: { readonly alive: boolean };
  readonly ledgers: ReadonlyMap<SessionId, Ledger>;
  readonly random: Random;
  readonly newNumber: () => number;
  store: SessionStore;
  readonly openStore: () => SessionStore;
  readonly log: ((line: string) => void) | undefined;
  readonly turn: () => Promise<void>;
  readonly isOn: () => boolean;
  /** Others may remove sessions. */
  readonly mayBeRemoved: boolean;
}

type Work = "append" | "batch" | "save" | "checkpoint" | "load" | "verify" | "restore" | "reopen";

/** One of our users, beside others who write the same documents. It only adds. */
export class OwnClient {
  readonly #desk: Desk;
  #number = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async work(): Promise<never> {
    const { random, ledgers, turn } = this.#desk;
    for (;;) {
      await turn();
      await this.#step(random.pick([...ledgers.keys()]));
    }
  }

  async #step(id: SessionId): Promise<void> {
    const { random, mayBeRemoved } = this.#desk;
    const work = random.weighted<Work>([
      [8, "append"],
      [3, "batch"],
      [5, "save"],
      [4, "checkpoint"],
      [4, "load"],
      [1, "verify"],
      [mayBeRemoved ? 2 : 0, "restore"],
      [1, "reopen"],
    ]);
    if (work === "append") await this.#append(id);
    else if (work === "batch") await Promise.all([this.#append(id), this.#append(id), this.#append(id)]);
    else if (work === "save") await this.#save(id);
    else if (work === "load") await this.#load(id);
    else if (work === "checkpoint") await this.#orRefused(() => this.#desk.store.checkpoint(id));
    else if (work === "restore") await this.#restore(id);
    else if (work === "reopen") await this.#reopen();
    else await this.#orRefused(() => this.#desk.store.verify(id));
  }

  #newText(): string {
    return `m${this.#desk.newNumber()} ${"ours ".repeat(this.#desk.random.below(120))}`;
  }

  async #append(id: SessionId): Promise<void> {
    const text = this.#newText();
    await this.#write(
      id,
      [text],
      async () => (await this.#desk.store.append(id, [Message.user(text)])).revision,
    );
  }

  async #save(id: SessionId): Promise<void> {
    const { store } = this.#desk;
    const session = await this.#load(id);
    const target = session ?? new AgentSession({ id });
    if (session === undefined && (this.#desk.mayBeRemoved || store !== this.#desk.store)) return;
    const text = this.#newText();
    target.addMessage(Message.user(text));
    await this.#write(id, [text], async () => (await store.save(target)).revision);
  }

  async #write(id: SessionId, texts: readonly string[], work: () => Promise<number>): Promise<void> {
    const { ledgers, name, log } = this.#desk;
    const ledger = ledgers.get(id) as Ledger;
    const names = texts.map((text) => ledger.begin(`${name}/${++this.#number}`, text));
    try {
      const revision = await work();
      await this.#orBlocked();
      log?.(`${name}: ${names.join()} in ${id.slice(-2)} → ${revision}`);
      for (const one of names) ledger.stored(one, revision);
    } catch (error) {
      await this.#orBlocked();
      if (error instanceof Violation) throw error;
      log?.(`${name}: ${names.join()} in ${id.slice(-2)} fails: ${(error as Error).message}`);
      if (isRefusal(error, false)) for (const one of names) ledger.refused(one);
    }
  }

  async #load(id: SessionId): Promise<AgentSession | undefined> {
    const { store, ledgers } = this.#desk;
    const ledger = ledgers.get(id) as Ledger;
    const since = ledger.now();
    const session = await this.#orRefused(() => store.load(id));
    if (session !== undefined) ledger.check("a load", { revision: Infinity, ...shownOf(session) }, since);
    return session;
  }

  async #restore(id: SessionId): Promise<void> {
    if ((await this.#orRefused(() => this.#desk.store.restore(id))) !== true) return;
    (this.#desk.ledgers.get(id) as Ledger).isRemoved = false;
  }

  async #reopen(): Promise<void> {
    const { store } = this.#desk;
    this.#desk.store = this.#desk.openStore();
    await store.close();
    await this.#orBlocked();
  }

  async #orRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      await this.#orBlocked();
      return result;
    } catch (error) {
      await this.#orBlocked();
      isRefusal(error, false);
      return undefined;
    }
  }

  async #orBlocked(): Promise<void> {
    if (!this.#desk.owner.alive || !this.#desk.isOn()) await new Promise(() => undefined);
  }
}

export function shownOf(session: AgentSession): Omit<Shown, "revision"> {
  const texts = session.messages.map(({ content }) => (typeof content === "string" ? content : "?"));
  return { title: session.metadata.title, texts };
}
