import type { Message } from "../../../session/message.ts";
import { projectMessage } from "../../../session/projection/project-message.ts";
import type { Outline } from "../../shapes.ts";
import { TextFilter } from "./text-filter.ts";
import { searchedTexts, tellMessage } from "./told-of-message.ts";

/** Messages that follow each other, and what their texts may hold. */
interface Stretch {
  /** Position behind the last. */
  readonly end: number;
  readonly characters: number;
  readonly filter: TextFilter;
}

/** A stretch of so many characters, or messages, is full. */
const CHARACTERS = 64 << 10;
const MESSAGES = 400;
/** Of longer sessions stretches are put together: what is kept of a session is 16 MB at most, whatever its size. */
const MOST_STRETCHES = 4096;

export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Where to find what in one session, up to a message: its prompts, and of each stretch of messages what may stand in it.
 * None of its messages is kept.
 */
export class SessionMap {
  /** The content that it is of. */
  tag: string;
  revision: number;
  /** Who goes on with it now. */
  covering: Promise<void> | undefined;
  #stretches: Stretch[] = [];
  #full = { characters: CHARACTERS, messages: MESSAGES };
  #prompts: Outline["prompts"][number][] = [];
  #said: number[] = [];
  #compactions: number[] = [];
  #covered = 0;

  constructor({ tag, revision }: { readonly tag: string; readonly revision: number }) {
    this.tag = tag;
    this.revision = revision;
  }

  /** How many messages it knows of. */
  get covered(): number {
    return this.#covered;
  }

  /** The message behind those that it knows of. */
  add(message: Message, projected = projectMessage(message)): void {
    const position = this.#covered++;
    const { kind, prompt = "" } = tellMessage(message, projected);
    if (kind === "prompt") this.#prompts.push({ position, at: message.at ?? null, text: prompt });
    else if (kind === "said") this.#said.push(position);
    else if (kind === "compaction") this.#compactions.push(position);
    this.#addTexts(searchedTexts(projected));
  }

  /** The session has another revision, in which messages from a position on are others. */
  moveTo(tag: string, revision: number, from: number): void {
    this.tag = tag;
    this.revision = revision;
    if (from >= this.#covered) return;
    this.#stretches = this.#stretches.filter(({ end }) => end <= from);
    const left = this.#stretches.at(-1)?.end ?? 0;
    this.#prompts = this.#prompts.filter(({ position }) => position < left);
    this.#said = this.#said.filter((position) => position < left);
    this.#compactions = this.#compactions.filter((position) => position < left);
    this.#covered = left;
  }

  /** What is known from a position on. */
  outline(from: number): Outline {
    const isBehind = (position: number): boolean => position >= from;
    return {
      messageCount: this.#covered,
      prompts: this.#prompts.filter(({ position }) => isBehind(position)),
      said: this.#said.filter(isBehind),
      compactions: this.#compactions.filter(isBehind),
    };
  }

  /** Where a text in small letters may stand; behind what is known it may stand anywhere. */
  rangesFor(text: string, count: number): Range[] {
    const ranges: Range[] = [];
    let from = 0;
    for (const { end, filter } of [...this.#stretches, { end: count, filter: undefined }]) {
      if (end > from && filter?.mayHave(text) !== false) {
        const last = ranges.at(-1);
        if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to: end };
        else ranges.push({ from, to: end });
      }
      from = end;
    }
    return ranges;
  }

  #addTexts(texts: readonly string[]): void {
    const last = this.#stretches.at(-1);
    const begin = this.#stretches.at(-2)?.end ?? 0;
    const { characters, messages } = this.#full;
    const isOpen = last !== undefined && last.characters < characters && last.end - begin < messages;
    const stretch = isOpen ? last : { characters: 0, filter: new TextFilter() };
    for (const text of texts) stretch.filter.add(text);
    const grown = {
      end: this.#covered,
      characters: texts.reduce((sum, { length }) => sum + length, stretch.characters),
      filter: stretch.filter,
    };
    if (isOpen) this.#stretches[this.#stretches.length - 1] = grown;
    else this.#stretches.push(grown);
    if (this.#stretches.length > MOST_STRETCHES) this.#join();
  }

  /** Of two stretches each becomes one. */
  #join(): void {
    const joined: Stretch[] = [];
    for (const [index, stretch] of this.#stretches.entries()) {
      const before = index % 2 === 0 ? undefined : joined.at(-1);
      if (before === undefined) {
        joined.push(stretch);
        continue;
      }
      before.filter.addAll(stretch.filter);
      const characters = before.characters + stretch.characters;
      joined[joined.length - 1] = { end: stretch.end, characters, filter: before.filter };
    }
    this.#stretches = joined;
    this.#full = { characters: this.#full.characters * 2, messages: this.#full.messages * 2 };
  }
}
