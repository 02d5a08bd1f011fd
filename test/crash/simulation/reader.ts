import type { AgentSession, SessionId } from "../../../src/index.ts";
import type { Calls, Workplace } from "./calls.ts";
import { allOf, loaded, Violation } from "./history.ts";
import { nameOf } from "./message-text.ts";
import { shown, type Content, type Seen } from "./session-model.ts";

/** Reads of a client, each held against what the session may be at that time. */
export class Reader {
  readonly #place: Workplace;
  readonly #calls: Calls;

  constructor(place: Workplace, calls: Calls) {
    this.#place = place;
    this.#calls = calls;
  }

  /** Loads a session and checks that it may be what it is. */
  async load(id: SessionId): Promise<{ session: AgentSession; stored: Content } | undefined> {
    const { store } = this.#place;
    const found = await this.#observe(id, "a load", async () => {
      const { session, live } = await loaded(store, id);
      return { session, seen: live };
    });
    if (found?.session === undefined || found.seen === undefined) return undefined;
    return { session: found.session, stored: found.seen };
  }

  /** Reads in one of the other ways. */
  async look(id: SessionId): Promise<void> {
    const { store, random } = this.#place;
    const ways: (() => Promise<unknown>)[] = [
      () => this.#observe(id, "its end", async () => ({ seen: await this.#end(id) })),
      () => this.#listing(),
      () => this.#calls.orRefused(() => store.summary(id)),
      () => this.#calls.orRefused(() => store.trashed()),
      () => this.#calls.orRefused(() => allOf(store.messages(id))),
      () => this.#calls.orRefused(() => allOf(store.engine.commits(id, 0))),
    ];
    await random.pick(ways)();
  }

  async verify(id: SessionId): Promise<void> {
    const found = await this.#calls.orRefused(() => this.#place.store.verify(id));
    if (found?.state === "damaged")
      throw new Violation(`verify calls ${id} damaged: ${found.findings.join(" ")}`);
  }

  /** All messages and the title, without the revision. */
  async #end(id: SessionId): Promise<Seen | undefined> {
    const session = await this.#place.store.load(id, { lastMessages: 1_000_000 });
    if (session === undefined) return undefined;
    return { revision: undefined, messages: session.messages.map(nameOf), title: session.metadata.title };
  }

  async #listing(): Promise<void> {
    const { store, mayFail } = this.#place;
    const page = await this.#calls.orRefused(() => store.list({}));
    const [unreadable] = page?.unreadable ?? [];
    if (unreadable !== undefined && !mayFail)
      throw new Violation(`hidden: the listing cannot read ${unreadable.where}: ${unreadable.error.message}`);
  }

  async #observe<T extends { seen: Seen | undefined }>(
    id: SessionId,
    what: string,
    read: () => Promise<T>,
  ): Promise<T | undefined> {
    const { history } = this.#place;
    const model = history.model(id);
    const since = history.now();
    model.readers++;
    const found = await this.#calls.orRefused(read);
    model.readers--;
    if (found === undefined) return undefined;
    const { seen } = found;
    if (model.explain({ live: seen }, since) === undefined)
      throw new Violation(`${what} of ${id} finds ${shown({ live: seen })}, which is none of its states`);
    return found;
  }
}
