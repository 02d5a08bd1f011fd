import { AgentSession, type SessionId, type SessionStore } from "../../../src/index.ts";
import { contentOf, loaded, SIDE, Violation, type History } from "./history.ts";
import { numbered } from "./message-text.ts";
import type { Random } from "./random.ts";
import { isRefusal } from "./refusal.ts";
import { isSame, shown, type Attempt, type Content, type Kind, type State } from "./session-model.ts";

export type Action =
  "create" | "save" | "append" | "delete" | "trash" | "restore" | "checkpoint" | "load" | "verify" | "reopen";

/** A session object in a client's hands, and what of it is stored as far as the client knows. */
interface Held {
  readonly store: SessionStore;
  readonly session: AgentSession;
  stored: Content;
}

/** An append that may or may not be stored; it is repeated with its operation id. */
interface Repeat {
  readonly id: SessionId;
  readonly number: number;
  readonly operationId: string;
  readonly attempt: Attempt;
}

/** What a client works with. */
export interface Workplace {
  readonly name: string;
  readonly owner: { readonly alive: boolean };
  readonly history: History;
  readonly random: Random;
  readonly isDurable: boolean;
  /** Calls may fail. */
  readonly mayFail: boolean;
  /** Sessions are removed and restored too; that needs locks which work. */
  readonly mayRemove: boolean;
  store: SessionStore;
  readonly openStore: () => SessionStore;
  readonly log: ((line: string) => void) | undefined;
  /** Waits for the scheduler. */
  readonly turn: () => Promise<void>;
  /** Whether the power is still on. */
  readonly isOn: () => boolean;
}

/** One user of a store: does one random thing after the other and notes what it is told. */
export class Client {
  readonly #place: Workplace;
  readonly #held = new Map<SessionId, Held>();
  readonly #repeats: Repeat[] = [];

  constructor(place: Workplace) {
    this.#place = place;
  }

  /** Works until its process dies. */
  async work(): Promise<never> {
    for (;;) {
      await this.#place.turn();
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const { random, history, mayRemove } = this.#place;
    const repeat = this.#repeats.at(-1);
    if (repeat !== undefined && random.chance(0.5)) {
      this.#repeats.pop();
      if (history.model(repeat.id).attempts.includes(repeat.attempt)) await this.#append(repeat.id, repeat);
      return;
    }
    const id = random.pick(history.ids);
    const { live, trash } = history.model(id).base;
    if (live === undefined && trash.length === 0) {
      await this.perform(random.chance(0.8) || !mayRemove ? "create" : "delete", id);
      return;
    }
    const removed = live === undefined;
    const action = random.weighted<Action>([
      [removed ? 2 : 0.3, "create"],
      [10, "save"],
      [6, "append"],
      [mayRemove ? 2 : 0, "delete"],
      [mayRemove ? 2 : 0, removed ? "restore" : "trash"],
      [mayRemove ? (removed ? 4 : 0.2) : 0, "restore"],
      [3, "checkpoint"],
      [2, "load"],
      [1, "verify"],
      [1, "reopen"],
    ]);
    await this.perform(action, id);
  }

  /** Does one thing and notes what comes of it. @throws {Violation} when that is not what may come of it. */
  async perform(action: Action, id: SessionId): Promise<void> {
    const actions: Record<Action, (id: SessionId) => Promise<unknown>> = {
      create: (one) => this.#create(one),
      save: (one) => this.#save(one),
      append: (one) => this.#append(one),
      delete: (one) => this.#delete(one),
      trash: (one) => this.#trash(one),
      restore: (one) => this.#restore(one),
      checkpoint: (one) => this.#checkpoint(one),
      load: (one) => this.#load(one),
      verify: (one) => this.#verify(one),
      reopen: () => this.#reopen(),
    };
    await actions[action](id);
  }

  async #create(id: SessionId): Promise<void> {
    const { store } = this.#place;
    const session = new AgentSession({ id, systemPrompt: "s".repeat(this.#place.random.below(700)) });
    this.#change(session);
    const content = contentOf(session, 1);
    const create = (state: State): State | undefined =>
      state.live === undefined ? { ...state, live: { ...content, side: [] } } : undefined;
    const attempt = this.#begin(id, "create", `create ${shown({ live: content })}`, create);
    await this.#attempt(id, attempt, async () => {
      const { revision } = await store.save(session);
      this.#held.set(id, { store, session, stored: { ...content, revision } });
      return revision;
    });
  }

  async #save(id: SessionId): Promise<void> {
    const { store } = this.#place;
    let held = this.#held.get(id);
    if (held?.store !== store || this.#place.random.chance(0.3)) {
      held = await this.#load(id);
      if (held === undefined) return;
    }
    const { session, stored } = held;
    if (held.store !== store) return;
    this.#held.delete(id);
    this.#change(session);
    const content = contentOf(session, stored.revision + 1);
    const save = (state: State): State | undefined =>
      isSame(state.live, stored)
        ? { ...state, live: { ...content, side: state.live?.side ?? [] } }
        : undefined;
    const attempt = this.#begin(id, "save", `save ${shown({ live: content })}`, save);
    await this.#attempt(id, attempt, async () => {
      const { revision } = await store.save(session);
      this.#held.set(id, { store, session, stored: { ...content, revision } });
      return revision;
    });
  }

  #change(session: AgentSession): void {
    const { random, history } = this.#place;
    const message = numbered(history.newMessage());
    const kind = random.below(10);
    const count = session.messageCount;
    if (kind < 1) session.metadata.title = `title ${history.newMessage()}`;
    else if (kind < 3 && count > 0)
      session.spliceMessages(random.below(count), random.below(count + 1), message);
    else session.addMessage(message);
    if (kind === 9) session.addMessage(numbered(history.newMessage()));
  }

  async #append(id: SessionId, repeat?: Repeat): Promise<void> {
    const { random, history, store } = this.#place;
    const number = repeat?.number ?? history.newMessage();
    const operationId = repeat?.operationId ?? (random.chance(0.6) ? `operation ${number}` : undefined);
    // The message and what is kept beside it: both, or neither.
    const side = number % 3 === 0 ? [`s${number}`] : [];
    const append = ({ live, trash }: State): State | undefined => {
      if (live === undefined) return undefined;
      return {
        live: {
          ...live,
          revision: live.revision + 1,
          messages: [...live.messages, `m${number}`],
          side: [...(live.side ?? []), ...side],
        },
        trash,
      };
    };
    const attempt = repeat?.attempt ?? this.#begin(id, "append", `append m${number}`, append);
    if (repeat !== undefined) attempt.outcome = "running";
    this.#place.log?.(
      `${this.#place.name}: ${repeat === undefined ? "" : "again: "}${attempt.note} to ${id.slice(-2)}`,
    );
    const work = async (): Promise<number> => {
      const { revision } =
        side.length === 0
          ? await store.append(id, [numbered(number)], { operationId })
          : await store.commit(id, {
              operationId,
              splice: ["end", 0, [numbered(number)]],
              side: { [SIDE]: side },
            });
      return revision;
    };
    await this.#attempt(id, attempt, work, repeat !== undefined);
    if (attempt.outcome === "unknown" && operationId !== undefined) {
      this.#repeats.push({ id, number, operationId, attempt });
    }
  }

  async #delete(id: SessionId): Promise<void> {
    const remove = ({ live, trash }: State): State | undefined =>
      live === undefined ? undefined : { live: undefined, trash };
    const attempt = this.#begin(id, "delete", "delete", remove);
    await this.#attempt(id, attempt, () => this.#place.store.delete(id));
  }

  async #trash(id: SessionId): Promise<void> {
    const remove = ({ live, trash }: State): State | undefined =>
      live === undefined
        ? undefined
        : { live: undefined, trash: [...trash, { ...live, revision: live.revision + 1 }] };
    const attempt = this.#begin(id, "trash", "move to the trash", remove);
    await this.#attempt(id, attempt, () => this.#place.store.delete(id, { trash: true }));
  }

  async #restore(id: SessionId): Promise<void> {
    const restore = ({ live, trash }: State): State | undefined => {
      const latest = trash.at(-1);
      if (live !== undefined || latest === undefined) return undefined;
      return { live: { ...latest, revision: latest.revision + 1 }, trash: trash.slice(0, -1) };
    };
    const attempt = this.#begin(id, "restore", "restore", restore);
    await this.#attempt(id, attempt, () => this.#place.store.restore(id));
  }

  async #checkpoint(id: SessionId): Promise<void> {
    this.#place.log?.(`${this.#place.name}: checkpoint ${id.slice(-2)}`);
    await this.#orRefused(() => this.#place.store.checkpoint(id));
  }

  async #verify(id: SessionId): Promise<void> {
    const found = await this.#orRefused(() => this.#place.store.verify(id));
    if (found?.state === "damaged")
      throw new Violation(`verify calls ${id} damaged: ${found.findings.join(" ")}`);
  }

  async #reopen(): Promise<void> {
    const { store } = this.#place;
    this.#place.log?.(`${this.#place.name}: close and open again`);
    this.#place.store = this.#place.openStore();
    this.#held.clear();
    await store.close();
    await this.#orBlocked();
  }

  /** Loads a session and checks that it may be what it is. */
  async #load(id: SessionId): Promise<Held | undefined> {
    const { history, store } = this.#place;
    const model = history.model(id);
    const since = history.now();
    model.readers++;
    const found = await this.#orRefused(async () => await loaded(store, id));
    model.readers--;
    if (found === undefined) return undefined;
    const { session, live } = found;
    if (model.explain({ live }, since) === undefined) {
      throw new Violation(`a load of ${id} finds ${shown({ live })}, which is none of its states`);
    }
    if (session === undefined || live === undefined) return undefined;
    const held = { store, session, stored: live };
    this.#held.set(id, held);
    return held;
  }

  #begin(id: SessionId, kind: Kind, note: string, apply: Attempt["apply"]): Attempt {
    const { owner, history, name, log } = this.#place;
    if (kind !== "append") log?.(`${name}: ${note} (${id.slice(-2)})`);
    return history.model(id).begin(owner, kind, note, history.now(), apply);
  }

  /** Runs what was begun and notes its outcome. */
  async #attempt(
    id: SessionId,
    attempt: Attempt,
    work: () => Promise<number | boolean>,
    isRepetition = false,
  ): Promise<void> {
    const { history, isDurable, name, log } = this.#place;
    const model = history.model(id);
    try {
      const result = await work();
      await this.#orBlocked();
      log?.(`${name}: ${attempt.note} → ${String(result)}`);
      if (result === false) {
        const { live, trash } = model.base;
        const wrong =
          attempt.kind === "restore" ? live === undefined && trash.length > 0 : live !== undefined;
        if (model.attempts.length === 1 && wrong)
          throw new Violation(`${attempt.note} finds nothing of ${id}`);
        model.refuse(attempt, history.now());
        return;
      }
      const revision = typeof result === "number" ? result : undefined;
      const durable = isDurable || revision === undefined;
      const contradiction = model.acknowledge(attempt, history.now(), revision, durable);
      if (contradiction !== undefined) throw new Violation(contradiction);
    } catch (error) {
      await this.#orBlocked();
      if (error instanceof Violation) throw error;
      log?.(`${name}: ${attempt.note} fails: ${(error as Error).message}`);
      // What is said of a repetition says nothing of the first time.
      if (isRefusal(error, this.#place.mayFail) && !isRepetition) model.refuse(attempt, history.now());
      else attempt.outcome = "unknown";
    }
  }

  /** The result; `undefined` when the call was refused. */
  async #orRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      await this.#orBlocked();
      return result;
    } catch (error) {
      await this.#orBlocked();
      if (error instanceof Violation) throw error;
      isRefusal(error, this.#place.mayFail);
      return undefined;
    }
  }

  /** What a process learns after its death, nobody gets to know. */
  async #orBlocked(): Promise<void> {
    if (!this.#place.owner.alive || !this.#place.isOn()) await new Promise(() => undefined);
  }
}
