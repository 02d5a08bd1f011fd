import { styleText } from "node:util";
import type { Resumption } from "../../importers/resume.ts";
import type { ListPage, SessionSummary } from "../../index.ts";
import { isArchived } from "../../session/summary/marks.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import { EXIT } from "../exit-code.ts";
import { useLittleMemory } from "../little-memory.ts";
import { Deeds } from "./deeds.ts";
import { frameOf, type Paint } from "./frame.ts";
import { inSight, withFinds, withoutSessions, withSession, withSessions, withTurns } from "./happenings.ts";
import { withKey, type Key } from "./keys.ts";
import { at, withMessages, type ReaderState } from "./reader-state.ts";
import { atFind, wordsOf } from "./reader-find.ts";
import { Conversation } from "./reading.ts";
import { currentDirectory } from "../place-of.ts";
import { remember, rememberedChoice } from "./remembered.ts";
import { Searching } from "./searching.ts";
import { initialState, readerIn, type Effect, type PickerState } from "./state.ts";
import { Terminal } from "./terminal.ts";
import { upToDate } from "./up-to-date.ts";

/** So many sessions are read before the first screen; the others behind it. */
const FIRST = 100;

const LOOKS: Readonly<Record<Parameters<Paint>[0], Parameters<typeof styleText>[0]>> = {
  ...{ bold: "bold", dim: "dim", inverse: "inverse", id: "yellow" },
  found: ["bold", "red"],
};

/** Picks a session, and does with it what is asked, until the person leaves. */
export async function pick(place: string | undefined, isPlain: boolean): Promise<void> {
  // Twenty thousand sessions are read here, and few kept.
  useLittleMemory();
  const store = await SessionStore.open(place);
  const terminal = new Terminal(isPlain);
  const picker = new Picker(store, terminal);
  let resumption: Resumption | undefined;
  try {
    resumption = await picker.run();
  } finally {
    terminal.close();
    await store.close();
  }
  process.exitCode = EXIT.ok;
  if (resumption === undefined) return;
  const { resumeLine } = await import("../../importers/resume.ts");
  const { runAgent } = await import("../resume-session.ts");
  // The agent has the terminal from here on, and the store is closed.
  process.stdout.write(`${resumeLine(resumption)}\n`);
  await runAgent(resumption);
}

class Picker {
  readonly #store: SessionStore;
  readonly #terminal: Terminal;
  readonly #deeds: Deeds;
  readonly #paint: Paint;
  readonly #isColoured = styleText("dim", "-", { stream: process.stdout }) !== "-";
  readonly #ending = new AbortController();
  readonly #ended: Promise<Resumption | undefined>;
  #end: (resumption?: Resumption) => void = () => undefined;
  #state: PickerState;
  #conversation: Conversation | undefined;
  #isLoading = false;
  #isDrawn = false;
  readonly #searching: Searching;

  constructor(store: SessionStore, terminal: Terminal) {
    this.#store = store;
    this.#terminal = terminal;
    this.#deeds = new Deeds(store);
    this.#searching = new Searching(store, (finds) => this.#put(withFinds(this.#state, finds)));
    this.#state = initialState(terminal.size, new Date());
    this.#paint = (look, text) =>
      this.#isColoured
        ? styleText(LOOKS[look], text, { stream: process.stdout })
        : look === "inverse"
          ? text.trimEnd()
          : text;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  async run(): Promise<Resumption | undefined> {
    const terminal = this.#terminal;
    terminal.onKey((key) => this.#key(key));
    terminal.onResize(() => this.#put(inSight({ ...this.#state, size: terminal.size })));
    const [choice, first] = await Promise.all([
      rememberedChoice(),
      this.#store.list({ limit: FIRST, archived: false, mayBeBehind: true }),
    ]);
    terminal.open();
    this.#put(withSessions({ ...this.#state, choice }, first.sessions));
    this.#behind(this.#refresh(first));
    try {
      return await this.#ended;
    } finally {
      this.#ending.abort();
      this.#conversation?.close();
    }
  }

  /** Reads what there is, catches up with the text, and hears of what happens from then on. */
  async #refresh(first: ListPage): Promise<void> {
    const { signal } = this.#ending;
    this.#store.on("progress", ({ done, total }) =>
      this.#put({ ...this.#state, activity: `indexing ${done} of ${total}` }),
    );
    if (first.nextCursor !== undefined) {
      const known = await this.#store.list({ archived: false, mayBeBehind: true });
      this.#put(withSessions(this.#state, known.sessions));
    }
    const directory = currentDirectory();
    const here =
      directory === undefined ? [] : await this.#store.listForWorkspace(directory, { archived: false });
    this.#put(this.#inProject(new Set(here.map(({ id }) => id))));
    const sessions = await upToDate(this.#store, this.#state.sessions);
    const { unreadable } = await this.#store.list({ archived: false, limit: 1 });
    const message =
      unreadable.length > 0 ? `${unreadable.length} cannot be read: astrid-sessions doctor` : "";
    this.#put(withSessions({ ...this.#state, activity: "indexing", message }, sessions));
    await this.#lookAtTurns(sessions);
    this.#behind(this.#hear(here[0], signal));
    // A search that waits for the index brings it up to date.
    await this.#store.search("a", { limit: 1 });
    this.#put({ ...this.#state, activity: "" });
    if (this.#state.query !== "") await this.#searching.ask(this.#state.query);
  }

  /** Inside a project, its sessions come first; whoever has chosen by then is left where he is. */
  #inProject(here: ReadonlySet<string>): PickerState {
    const isUntouched = this.#state.query === "" && this.#state.top === 0;
    const scope = here.size > 0 && isUntouched ? "here" : this.#state.scope;
    return withSessions({ ...this.#state, here, scope }, this.#state.sessions);
  }

  async #hear(like: SessionSummary | undefined, signal: AbortSignal): Promise<void> {
    for await (const session of this.#store.watchSessions({}, { signal })) {
      if (isArchived(session)) this.#put(withoutSessions(this.#state, [session.id]));
      else {
        const isHere = like?.workspacePath === session.workspacePath && like.workspacePath !== null;
        this.#put(withSession(this.#state, session, isHere));
        await this.#lookAtTurns([session]);
      }
    }
  }

  async #lookAtTurns(sessions: readonly SessionSummary[]): Promise<void> {
    const { turnsOf } = await import("../../faces/whose-turn.ts");
    const turns = await turnsOf(this.#store, sessions, new Date());
    this.#put(withTurns(this.#state, sessions, turns));
  }

  #key(key: Key): void {
    const { state, effects } = withKey({ ...this.#state, now: new Date() }, key);
    if (readerIn(this.#state.mode) !== undefined && readerIn(state.mode) === undefined) {
      this.#conversation?.close();
      this.#conversation = undefined;
    }
    this.#put(state);
    for (const effect of effects) this.#behind(this.#do(effect));
  }

  #put(state: PickerState): void {
    this.#state = state;
    if (this.#isDrawn) return;
    this.#isDrawn = true;
    // What happens at once is drawn once.
    setImmediate(() => {
      this.#isDrawn = false;
      this.#terminal.draw(frameOf(this.#state, this.#paint));
    });
  }

  #say(message: string): void {
    this.#put({ ...this.#state, message });
  }

  /** What goes wrong is said; it ends nothing. */
  #behind(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#ending.signal.aborted) this.#say(error instanceof Error ? error.message : String(error));
    });
  }

  async #do(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "quit": {
        this.#end();
        return;
      }
      case "search": {
        await this.#searching.ask(effect.query);
        return;
      }
      case "remember": {
        await remember(effect.choice);
        return;
      }
      case "read": {
        await this.#read(effect.id, effect.position);
        return;
      }
      case "load": {
        await this.#load(effect.from);
        return;
      }
      case "find": {
        await this.#find(effect);
        return;
      }
      case "resume": {
        await this.#resume(effect.id);
        return;
      }
      case "copy": {
        this.#terminal.copy(effect.text);
        this.#say(`Copied: ${effect.text.replaceAll("\n", " ")}`);
        return;
      }
      case "rename": {
        await this.#changed([effect.id], this.#deeds.rename(effect.id, effect.title));
        return;
      }
      case "fork": {
        this.#say(await this.#deeds.fork(effect.ids));
        return;
      }
      case "pin": {
        const meant = this.#state.sessions.filter(({ id }) => effect.ids.includes(id));
        await this.#changed(effect.ids, this.#deeds.pin(meant));
        return;
      }
      case "export": {
        this.#say(await this.#deeds.export(effect.ids, effect.format));
        return;
      }
      case "trash": {
        const { gone, said } = await this.#deeds.trash(effect.ids, this.#state.sessions);
        this.#put(withoutSessions(this.#state, gone));
        this.#say(said);
        return;
      }
      case "undo": {
        const { back, said } = await this.#deeds.undo();
        await this.#changed(back, Promise.resolve(said));
        return;
      }
    }
  }

  /** Shows sessions as they are after something was done to them. */
  async #changed(ids: readonly string[], done: Promise<string>): Promise<void> {
    const said = await done;
    for (const id of ids) {
      const summary = await this.#store.summary(id);
      if (summary !== undefined) this.#put(withSession(this.#state, summary, this.#state.here.has(id)));
    }
    this.#say(said);
  }

  async #read(id: string, position: number | undefined): Promise<void> {
    const summary =
      this.#state.sessions.find((session) => session.id === id) ?? (await this.#store.summary(id));
    const conversation = await Conversation.open(this.#store, id as SessionId);
    if (conversation === undefined || summary === undefined) {
      this.#say("It is there no more.");
      return;
    }
    this.#conversation?.close();
    this.#conversation = conversation;
    const messages = await (position === undefined ? conversation.end() : conversation.around(position));
    const { count } = conversation;
    const { readingLines } = await import("../reading/conversation.ts");
    const { query, now, size } = this.#state;
    const reader: ReaderState = {
      ...{ summary, messages, count, top: 0, tools: "short", thinking: true, colour: this.#isColoured },
      ...{ sought: wordsOf(query, now), found: undefined, typing: undefined, isHelp: false },
      linesOf: readingLines,
    };
    this.#show(position === undefined ? at(reader, size, count) : atFind(reader, size, position));
  }

  async #load(from: "start" | "end" | number): Promise<void> {
    const { mode, size } = this.#state;
    const conversation = this.#conversation;
    if (mode.kind !== "reader" || conversation === undefined || this.#isLoading) return;
    this.#isLoading = true;
    try {
      const held = mode.reader.messages;
      const messages = await (from === "start"
        ? conversation.start()
        : from === "end"
          ? conversation.end()
          : conversation.more(held, from));
      const { mode: now } = this.#state;
      if (now.kind !== "reader") return;
      if (typeof from === "number") this.#show(withMessages(now.reader, size, messages));
      else this.#show(at({ ...now.reader, messages }, size, from === "start" ? 0 : conversation.count));
    } finally {
      this.#isLoading = false;
    }
  }

  async #find({ words, from, step }: Effect & { do: "find" }): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    this.#say("looking …");
    const position = await conversation.find(words, from, step);
    if (position === undefined) {
      this.#say(`Not found: ${words.join(" ")}`);
      return;
    }
    const messages = await conversation.around(position);
    const { mode, size } = this.#state;
    if (mode.kind !== "reader") return;
    this.#show(atFind({ ...mode.reader, messages }, size, position));
    this.#say(`#${position}`);
  }

  #show(reader: ReaderState): void {
    this.#put({ ...this.#state, mode: { kind: "reader", reader } });
  }

  async #resume(id: string): Promise<void> {
    const { resumptionHere } = await import("../resume-session.ts");
    this.#end(await resumptionHere(this.#store, id as SessionId, () => undefined));
  }
}
