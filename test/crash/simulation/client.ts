import { AgentSession, type SessionId, type SessionStore } from "../../../src/index.ts";
import { contentOf, SIDE } from "./history.ts";
import { numbered } from "./message-text.ts";
import { Calls, type Workplace } from "./calls.ts";
import type { Feature } from "./features.ts";
import { FurtherActions, furtherWeights, type FurtherAction } from "./further-actions.ts";
import { Reader } from "./reader.ts";
import { messageToRedact, redact, redacted } from "./rewrites.ts";
import { isSame, shown, trashed, type Attempt, type Content, type State } from "./session-model.ts";

export type Action =
  | "create"
  | "import"
  | "import-packed"
  | "save"
  | "append"
  | "batch"
  | "delete"
  | "trash"
  | "restore"
  | "empty-trash"
  | "redact"
  | "checkpoint"
  | "pack"
  | "load"
  | "look"
  | "verify"
  | "reopen"
  | FurtherAction;

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

const IMPORTED_AT = "2023-11-14T12:00:00.000Z";

/** One user of a store: does one random thing after the other and notes what it is told. */
export class Client {
  readonly #place: Workplace;
  readonly #features: ReadonlySet<Feature>;
  readonly #calls: Calls;
  readonly #reader: Reader;
  readonly #further: FurtherActions;
  readonly #held = new Map<SessionId, Held>();
  readonly #repeats: Repeat[] = [];

  constructor(place: Workplace, features: ReadonlySet<Feature> = new Set()) {
    this.#place = place;
    this.#features = features;
    this.#calls = new Calls(place);
    this.#reader = new Reader(place, this.#calls);
    this.#further = new FurtherActions(place, this.#calls);
  }

  /** Works until its process dies or `isOver` says so. */
  async work(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
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
      const imports = this.#features.has("lives") && random.chance(0.5);
      await this.perform(random.chance(0.8) || !mayRemove ? (imports ? "import" : "create") : "delete", id);
      return;
    }
    const removed = live === undefined;
    const has = (feature: Feature): boolean => this.#features.has(feature);
    const often = has("lives") ? 3 : 1;
    const action = random.weighted<Action>([
      [removed ? 2 * often : 0.3, "create"],
      [removed && has("lives") ? 4 : 0, "import"],
      [10, "save"],
      [6, "append"],
      [has("batches") ? 8 : 0, "batch"],
      [mayRemove ? 2 : 0, "delete"],
      [mayRemove ? 2 * often : 0, removed ? "restore" : "trash"],
      [mayRemove ? (removed ? 4 : 0.2) : 0, "restore"],
      [mayRemove && has("empty-trash") ? 1.5 : 0, "empty-trash"],
      [mayRemove && has("rewrites") ? 3 : 0, "redact"],
      [3, "checkpoint"],
      [mayRemove && !removed && has("packing") ? 9 : 0, "pack"],
      [2, "load"],
      [2, "look"],
      [1, "verify"],
      [1, "reopen"],
      ...(mayRemove ? furtherWeights(this.#features) : []),
    ]);
    await this.perform(action, id);
  }

  /** Does one thing and notes what comes of it. @throws {Violation} when that is not what may come of it. */
  async perform(action: Action, id: SessionId): Promise<void> {
    const actions: Record<Exclude<Action, FurtherAction>, (id: SessionId) => Promise<unknown>> = {
      create: (one) => this.#create(one),
      import: (one) => this.#import(one),
      "import-packed": (one) => this.#import(one, true),
      save: (one) => this.#save(one),
      append: (one) => this.#append(one),
      batch: (one) => this.#batch(one),
      delete: (one) => this.#delete(one),
      trash: (one) => this.#trash(one),
      restore: (one) => this.#restore(one),
      "empty-trash": () => this.#emptyTrash(),
      redact: (one) => this.#redact(one),
      checkpoint: (one) => this.#checkpoint(one),
      pack: (one) => this.#pack(one),
      load: (one) => this.#load(one),
      look: (one) => this.#reader.look(one),
      verify: (one) => this.#reader.verify(one),
      reopen: () => this.#reopen(),
    };
    const act = actions[action as keyof typeof actions] as ((id: SessionId) => Promise<unknown>) | undefined;
    await (act?.(id) ?? this.#further.perform(action as FurtherAction, id));
  }

  async #create(id: SessionId): Promise<void> {
    const { store } = this.#place;
    const session = new AgentSession({ id, systemPrompt: "s".repeat(this.#place.random.below(700)) });
    this.#change(session);
    const content = contentOf(session, 1);
    const create = (state: State): State | undefined =>
      state.live === undefined ? { ...state, live: { ...content, side: [] } } : undefined;
    const attempt = this.#calls.begin(id, "create", `create ${shown({ live: content })}`, "nothing", create);
    await this.#calls.attempt(id, attempt, async () => {
      const { revision } = await store.save(session);
      this.#held.set(id, { store, session, stored: { ...content, revision } });
      return revision;
    });
  }

  /** Creates the session as it was created before elsewhere: the same time and messages, so the same first record. */
  async #import(
    id: SessionId,
    isPacked = this.#features.has("packing") && this.#place.random.chance(0.5),
  ): Promise<void> {
    const { history, store } = this.#place;
    const first = 1_000_000 + 100 * history.ids.indexOf(id);
    const numbers = [first, first + 1];
    const content: Content = {
      revision: 1,
      messages: numbers.map((one) => `m${one}`),
      title: null,
      side: [],
    };
    const create = (state: State): State | undefined =>
      state.live === undefined ? { ...state, live: content } : undefined;
    const attempt = this.#calls.begin(id, "create", `import ${shown({ live: content })}`, "nothing", create);
    await this.#calls.attempt(id, attempt, async () => {
      const splice = [0, 0, numbers.map(numbered)] as const;
      const commit = { base: 0, at: IMPORTED_AT, splice };
      const [created] = isPacked ? await store.createPacked([{ id, commit }]) : [];
      if (created?.status === "rejected") throw created.reason as Error;
      return (created?.value ?? (await store.commit(id, commit))).revision;
    });
  }

  /** Loads a session and keeps it for a later save. */
  async #load(id: SessionId): Promise<Held | undefined> {
    const { store } = this.#place;
    const found = await this.#reader.load(id);
    if (found === undefined) return undefined;
    const held = { store, ...found };
    this.#held.set(id, held);
    return held;
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
    const attempt = this.#calls.begin(id, "save", `save ${shown({ live: content })}`, stored, save);
    await this.#calls.attempt(id, attempt, async () => {
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
    const attempt =
      repeat?.attempt ??
      this.#calls.begin(id, "append", `append m${number}`, { appends: `m${number}` }, append);
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
    await this.#calls.attempt(id, attempt, work, repeat !== undefined);
    if (attempt.outcome === "unknown" && operationId !== undefined) {
      this.#repeats.push({ id, number, operationId, attempt });
    }
  }

  /** Appends several times at once; each is stored or not on its own. */
  async #batch(id: SessionId): Promise<void> {
    const count = 2 + this.#place.random.below(7);
    await Promise.all(Array.from({ length: count }, () => this.#append(id)));
  }

  async #delete(id: SessionId): Promise<void> {
    const remove = ({ live, trash }: State): State | undefined =>
      live === undefined ? undefined : { live: undefined, trash };
    // On a full disk it begins with the document, and cut short it leaves the session in the trash.
    const cutShort = this.#features.has("faults") ? trashed : undefined;
    const attempt = this.#calls.begin(id, "delete", "delete", "any", remove, cutShort);
    await this.#calls.attempt(id, attempt, () => this.#place.store.delete(id));
  }

  async #trash(id: SessionId): Promise<void> {
    const attempt = this.#calls.begin(id, "trash", "move to the trash", "any", trashed);
    await this.#calls.attempt(id, attempt, () => this.#place.store.delete(id, { trash: true }));
  }

  async #restore(id: SessionId): Promise<void> {
    const restore = ({ live, trash }: State): State | undefined => {
      const latest = trash.at(-1);
      if (live !== undefined || latest === undefined) return undefined;
      return { live: { ...latest, revision: latest.revision + 1 }, trash: trash.slice(0, -1) };
    };
    const attempt = this.#calls.begin(id, "restore", "restore", "any", restore);
    await this.#calls.attempt(id, attempt, () => this.#place.store.restore(id));
  }

  /** Empties the trash of all sessions. */
  async #emptyTrash(): Promise<void> {
    const { history, store } = this.#place;
    const attempts = history.ids.map((id): [SessionId, Attempt] => {
      const empty = ({ live }: State): State => ({ live, trash: [] });
      return [id, this.#calls.begin(id, "empty", "empty the trash", "any", empty)];
    });
    const emptied = store.emptyTrash();
    await Promise.all(
      attempts.map(([id, attempt]) => this.#calls.attempt(id, attempt, () => emptied.then(() => true))),
    );
  }

  /** Replaces a message wherever it stands. */
  async #redact(id: SessionId): Promise<void> {
    const { history, random, store } = this.#place;
    const name = messageToRedact(history.model(id), random);
    if (name === undefined) return;
    // A session with a document has two files that change.
    if (random.chance(0.5)) await this.#checkpoint(id);
    history.redacted.set(id, name);
    const apply = (state: State): State => redacted(state, name);
    const attempt = this.#calls.begin(id, "redact", `redact ${name}`, "any", apply);
    await this.#calls.attempt(id, attempt, () => redact(store, id, name));
  }

  async #checkpoint(id: SessionId): Promise<void> {
    this.#place.log?.(`${this.#place.name}: checkpoint ${id.slice(-2)}`);
    await this.#calls.orRefused(() => this.#place.store.checkpoint(id));
  }

  /** Changes nothing that anybody sees. */
  async #pack(id: SessionId): Promise<void> {
    const { log, name, store } = this.#place;
    log?.(`${name}: pack ${id.slice(-2)}`);
    const packed = await this.#calls.orRefused(() => store.pack(id));
    log?.(`${name}: pack ${id.slice(-2)} → ${packed?.state ?? "refused"}`);
  }

  async #reopen(): Promise<void> {
    const { store } = this.#place;
    this.#place.log?.(`${this.#place.name}: close and open again`);
    this.#place.store = this.#place.openStore();
    this.#held.clear();
    await this.#calls.close(store);
  }
}
