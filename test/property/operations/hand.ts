import type { AgentSession } from "../../../src/session/agent-session.ts";
import type { Message } from "../../../src/session/message.ts";
import { isSame, shared, tokensOf, type Life, type Spliced, type State } from "./session-model.ts";
import { PLACES, TAGS, WORKSPACE_IDS, type Step } from "./steps.ts";

type Save = Extract<Step, { do: `save ${string}` }>;

/** A session object that somebody holds, and what it is. */
export class Hand {
  readonly session: AgentSession;
  readonly life: Life | undefined;
  revision: number;
  /** The session was redacted since: a save of what it was is refused. */
  isStale = false;
  /** What of it is stored. */
  saved: State;
  #now: State;
  /** It was empty when it came into being: a title by itself is looked for. */
  readonly #isNew: boolean;

  constructor(session: AgentSession, life: Life | undefined, saved: State, now = saved) {
    this.session = session;
    this.life = life;
    this.revision = life?.revision ?? 0;
    this.saved = saved;
    this.#now = now;
    this.#isNew = saved.messages.length === 0;
  }

  /** What it is stored as. */
  get now(): State {
    const kept = shared(this.saved.messages, this.#now.messages);
    if (kept < this.saved.messages.length && kept < this.#now.takenOver) this.#become({ takenOver: kept });
    const { title, autoTitle, messages } = this.#now;
    if (!this.#isNew || autoTitle !== null || title !== null) return this.#now;
    this.#now = { ...this.#now, autoTitle: autoTitleOf(messages) };
    return this.#now;
  }

  get isChanged(): boolean {
    const { messages, ...rest } = this.now;
    const { messages: before, ...stored } = this.saved;
    return !isSame(messages, before) || JSON.stringify(rest) !== JSON.stringify(stored);
  }

  /** What a save of it does to the messages. */
  get splice(): Spliced {
    const { messages } = this.now;
    const before = this.saved.messages;
    const start = shared(before, messages);
    const rest = Math.min(before.length, messages.length) - start;
    let behind = 0;
    while (behind < rest && before.at(-1 - behind) === messages.at(-1 - behind)) behind++;
    return { start, removed: before.length - start - behind, added: messages.length - start - behind };
  }

  isSaved(revision: number): void {
    this.saved = this.now;
    this.revision = revision;
  }

  edit(step: Save, said: readonly Message[]): void {
    const { session } = this;
    const { messages, tokens } = this.#now;
    switch (step.do) {
      case "save added":
        for (const message of said) session.addMessage(message);
        this.#become({ messages: [...messages, ...said], tokens: tokens + tokensOf(said) });
        return;
      case "save spliced": {
        const { start, remove } = step;
        session.spliceMessages(start, remove, ...said);
        const next = [...messages.slice(0, start), ...said, ...messages.slice(start + remove)];
        this.#become({ messages: next, tokens: tokensOf(next) });
        return;
      }
      case "save replaced":
        session.replaceMessages(said);
        this.#become({ messages: said, tokens: tokensOf(said) });
        return;
      case "save fields":
        this.#setField(step.value);
        return;
      case "save nothing":
    }
  }

  #setField(value: number): void {
    const { session } = this;
    const { metadata } = session;
    if (value < 3) {
      session.workspaceId = WORKSPACE_IDS[value] ?? null;
      this.#become({ workspaceId: session.workspaceId });
    } else if (value < 3 + PLACES.length) {
      session.workspacePath = PLACES[value - 3] ?? null;
      this.#become({ workspacePath: session.workspacePath });
    } else if (value === 8) {
      metadata.title = null;
      this.#become({ title: null });
    } else if (value === 9) {
      metadata.title = "named1 held";
      this.#become({ title: metadata.title });
    } else if (value === 10) {
      metadata.tags = [TAGS[0]];
      this.#become({ tags: [TAGS[0]] });
    } else {
      metadata.custom["note"] = `of ${this.#now.messages.length}`;
      this.#become({ custom: { ...this.#now.custom, note: metadata.custom["note"] } });
    }
  }

  #become(change: Partial<State>): void {
    this.#now = { ...this.#now, ...change };
  }
}

/** How the first thing begins that a person said, on one line. */
export function autoTitleOf(messages: readonly Message[]): string | null {
  const first = messages.slice(0, 100).find(({ role }) => role === "user");
  if (typeof first?.content !== "string") return null;
  const text = first.content.trim();
  return text.length <= 100 ? text : `${text.slice(0, 99).trimEnd()}…`;
}
