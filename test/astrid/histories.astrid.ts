import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore, type SessionId } from "../../src/index.ts";
import { isSameToAstrid, messageToAstrid } from "../../src/session/astrid/message.ts";
import { isJsonObject, jsonText, type Json } from "../../src/session/json/json.ts";
import { astridOfFile, describeWithAstrid, type Astrid } from "./peer.ts";
import { anyMessage } from "./samples.ts";

const astridHere = astridOfFile();

/**
 * One step of one side on the one session that both have. Astrid's `load` takes the session into memory; until the next
 * `load` it adds to that and saves it, however old it is.
 */
type Step =
  | { readonly do: "add" | "append" | "astrid adds"; readonly messages: readonly Message[] }
  | { readonly do: "title" | "checkpoint" | "reopen" | "look" | "astrid loads" | "astrid saves" };

const messages = fc.array(anyMessage, { minLength: 1, maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("add", "append"), messages }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("astrid adds"), messages }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("astrid loads", "astrid saves", "astrid saves") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("title", "checkpoint", "reopen", "look") }) },
);

/** What stands before the message, so that each is another. */
function marked(message: Message, mark: string): Message {
  return Message.from({ ...message, at: mark, content: withMark(message.content, mark) });
}

/** The content in its shape, with a mark at a place that no side changes. */
function withMark(content: Json, mark: string): Json {
  if (typeof content === "string") return `${mark} ${content}`;
  if (Array.isArray(content)) {
    const [first, ...rest] = content as readonly Json[];
    if (isJsonObject(first) && "id" in first) return [{ ...first, id: mark }, ...rest];
    return isJsonObject(first) ? [{ type: "text", text: mark }, first, ...rest] : [mark, ...rest];
  }
  return isJsonObject(content) ? { ...content, call_id: mark } : [mark, content];
}

class History {
  readonly #astrid: Astrid;
  #store: SessionStore;
  readonly #id: SessionId;
  #session: AgentSession;
  /** Every message that was acknowledged to somebody, and is to be there once. */
  readonly #ours: Message[] = [];
  readonly #its: Message[] = [];
  #unsaved: Message[] = [];
  #inMemory = false;
  #marks = 0;

  constructor(astrid: Astrid, store: SessionStore, session: AgentSession) {
    this.#astrid = astrid;
    this.#store = store;
    this.#session = session;
    this.#id = session.id;
  }

  static async begin(astrid: Astrid): Promise<History> {
    const store = new SessionStore(astrid.directory);
    const session = new AgentSession({ systemPrompt: "shared" });
    await store.save(session);
    await store.checkpoint(session.id);
    return new History(astrid, store, session);
  }

  async take(step: Step): Promise<void> {
    const id = this.#id;
    switch (step.do) {
      case "add": {
        const added = this.#new(step.messages);
        this.#session = (await this.#store.load(id)) as AgentSession;
        for (const message of added) this.#session.addMessage(message);
        await this.#store.save(this.#session);
        this.#ours.push(...added);
        break;
      }
      case "append": {
        const added = this.#new(step.messages);
        await this.#store.append(id, added);
        this.#ours.push(...added);
        break;
      }
      case "title":
        await this.#store.commit(id, {
          set: { title: `title ${this.#marks}` },
          base: (await this.#store.summary(id))?.revision,
        });
        break;
      case "checkpoint":
        await this.#store.checkpoint(id);
        expect(await this.#astrid.refuses(id)).toBeUndefined();
        this.#inMemory = true;
        this.#unsaved = [];
        break;
      case "reopen":
        await this.#store.close();
        this.#store = new SessionStore(this.#astrid.directory);
        break;
      case "look":
        await this.#check();
        break;
      case "astrid loads":
        expect(await this.#astrid.load(id)).toBeDefined();
        this.#inMemory = true;
        this.#unsaved = [];
        break;
      case "astrid adds": {
        if (!this.#inMemory) return;
        const added = this.#new(step.messages)
          .map(messageToAstrid)
          .filter((message) => message !== undefined)
          .map((message) => Message.from(message));
        await this.#astrid.add(id, added);
        this.#unsaved.push(...added);
        break;
      }
      case "astrid saves":
        if (!this.#inMemory) return;
        await this.#astrid.save(id);
        this.#its.push(...this.#unsaved.splice(0));
    }
  }

  async end(): Promise<void> {
    await this.#check();
    await this.#store.checkpoint(this.#id);
    expect(await this.#astrid.refuses(this.#id)).toBeUndefined();
    await this.#check();
    await this.#store.close();
  }

  #new(given: readonly Message[]): Message[] {
    return given.map((message) => marked(message, `#${++this.#marks}#`));
  }

  /** Nothing is lost, nothing doubled, nothing altered, and each side's are in their order. */
  async #check(): Promise<void> {
    const found = ((await this.#store.load(this.#id))?.messages ?? []).slice();
    const marks = found.map((message) => /#\d+#/.exec(jsonText(message))?.[0]);
    const markOf = (message: Message): string | undefined => /#\d+#/.exec(jsonText(message))?.[0];
    const [ours, its] = [this.#ours.map(markOf), this.#its.map(markOf)];
    expect(marks.slice().sort()).toEqual([...ours, ...its].sort());
    expect(marks.filter((mark) => ours.includes(mark))).toEqual(ours);
    expect(marks.filter((mark) => its.includes(mark))).toEqual(its);
    for (const [index, mark] of marks.entries()) {
      const message = found[index] as Message;
      const own = this.#ours[ours.indexOf(mark)];
      if (own !== undefined) expect(jsonText(message)).toBe(jsonText(own));
      else {
        const given = this.#its[its.indexOf(mark)] as Message;
        expect(isSameToAstrid(undrifted(message, given) as Message, given)).toBe(true);
      }
    }
  }
}

/** What was found, with each number as it was given where it has drifted a little: Astrid's parser may change one's last place whenever it reads it. */
function undrifted(found: unknown, given: unknown): unknown {
  if (typeof found === "number" && typeof given === "number")
    return Math.abs(found - given) <= Math.abs(given) * 1e-13 ? given : found;
  if (Array.isArray(found) && Array.isArray(given))
    return found.map((one, index) => undrifted(one, given[index] as unknown));
  if (typeof found !== "object" || found === null || typeof given !== "object" || given === null)
    return found;
  const of = given as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, undrifted(value, of[key])]));
}

/** Astrid's parser changes the number's last place whenever it reads it. */
const FOUND: Step[] = [
  { do: "astrid loads" },
  {
    do: "astrid adds",
    messages: [
      Message.from({
        role: "system",
        content: [{ id: "", name: "drifts", arguments: 1.8033720000511634e-287 }],
      }),
    ],
  },
  { do: "astrid saves" },
  { do: "add", messages: [Message.user("ours")] },
  { do: "astrid loads" },
  { do: "astrid adds", messages: [Message.user("its")] },
  { do: "astrid saves" },
];

/** It does so at each of its turns. */
const FOUND_LATER: Step[] = [
  { do: "astrid loads" },
  {
    do: "astrid adds",
    messages: [
      Message.from({
        role: "system",
        content: [{ id: "", name: "half \ud83d", arguments: [-1.9412639508293643e297] }],
      }),
    ],
  },
  { do: "astrid saves" },
  { do: "astrid loads" },
  { do: "astrid adds", messages: [Message.from({ role: "critic", content: [] })] },
  { do: "astrid saves" },
  { do: "astrid loads" },
  { do: "astrid adds", messages: [Message.from({ role: "system", content: [["a", "b", 1]] })] },
  { do: "astrid saves" },
];

describeWithAstrid(
  "whatever both sides do with one session, each message of each is there once, as it was",
  () => {
    /** Astrid loads before, and saves after, each of its turns. */
    const turn = fc
      .tuple(step, messages)
      .map(([own, added]): Step[] => [
        ...(own.do.startsWith("astrid") ? [] : [own]),
        { do: "astrid loads" },
        { do: "astrid adds", messages: added },
        { do: "astrid saves" },
      ]);

    test.each([
      ["in turn", fc.array(turn, { maxLength: 8 }).map((turns) => turns.flat()), 150],
      ["at once", fc.array(step, { maxLength: 25 }), 200],
    ] as const)("%s", async (_how, steps, numRuns) => {
      const astrid = astridHere();
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const directory = mkdtempSync(join(astrid.directory, "run-"));
          const history = await History.begin(astrid.in(directory));
          for (const one of taken) await history.take(one);
          await history.end();
          rmSync(directory, { recursive: true, force: true });
        }),
        { numRuns, examples: [[FOUND], [FOUND_LATER]] },
      );
    });
  },
);
