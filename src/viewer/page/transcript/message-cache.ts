import type { MessagePage, ShownMessage } from "../../shapes.ts";
import { ask, isAbort } from "../server.ts";

/** So many are asked for at once. */
const PIECE = 40;
/** So many are kept; those furthest from what is looked at go first. */
const KEPT = 2000;

/** Messages of a session that were looked at, read by position when they come into sight. */
export class MessageCache {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #messages = new Map<number, ShownMessage>();
  /** The pieces that are being read. */
  readonly #reading = new Map<number, AbortController>();
  #count = 0;

  constructor(path: string, on: { change: () => void; error: (error: unknown) => void }) {
    this.#path = path;
    this.#onChange = on.change;
    this.#onError = on.error;
  }

  get(position: number): ShownMessage | undefined {
    return this.#messages.get(position);
  }

  /** The call that a result is of, where it is known, and when it was made. */
  callOf(id: string, before: number): { readonly name: string; readonly at: string | null } | undefined {
    for (let position = before - 1; position >= Math.max(before - 30, 0); position--)
      for (const part of this.#messages.get(position)?.parts ?? [])
        if (part.type === "call" && part.id === id)
          return { name: part.name, at: this.#messages.get(position)?.at ?? null };
    return undefined;
  }

  put({ messages, messageCount }: MessagePage): void {
    this.#count = Math.max(this.#count, messageCount);
    for (const message of messages) this.#messages.set(message.position, message);
  }

  /** The session has so many messages, and those from a position on are others than before. */
  changed(messageCount: number, from: number | null): void {
    this.#count = messageCount;
    if (from === null) return;
    for (const position of this.#messages.keys()) if (position >= from) this.#messages.delete(position);
    for (const [piece, reading] of this.#reading)
      if (piece + PIECE > from) {
        reading.abort();
        this.#reading.delete(piece);
      }
  }

  /** Reads what is missing of these positions, and gives up what is read for others. */
  want(positions: readonly number[]): void {
    const pieces = new Set<number>();
    for (const position of positions)
      if (position < this.#count && !this.#messages.has(position)) pieces.add(position - (position % PIECE));
    for (const [piece, reading] of this.#reading)
      if (!pieces.has(piece)) {
        reading.abort();
        this.#reading.delete(piece);
      }
    for (const piece of pieces) if (!this.#reading.has(piece)) void this.#read(piece, positions);
  }

  async #read(piece: number, around: readonly number[]): Promise<void> {
    const reading = new AbortController();
    this.#reading.set(piece, reading);
    try {
      let from = piece;
      while (from < piece + PIECE && this.#messages.has(from)) from++;
      for (const end = Math.min(piece + PIECE, this.#count); from < end;) {
        const sign = this.#path.includes("?") ? "&" : "?";
        const page = await ask<MessagePage>(
          `${this.#path}${sign}from=${from}&limit=${end - from}`,
          reading.signal,
        );
        if (page.messages.length === 0) break;
        this.put(page);
        this.#forget(around);
        from += page.messages.length;
        this.#onChange();
      }
    } catch (error) {
      if (!isAbort(error)) this.#onError(error);
    } finally {
      if (this.#reading.get(piece) === reading) this.#reading.delete(piece);
    }
  }

  #forget(around: readonly number[]): void {
    const middle = around[Math.floor(around.length / 2)] ?? 0;
    if (this.#messages.size <= KEPT) return;
    const byDistance = [...this.#messages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const position of byDistance.slice(0, KEPT / 4)) this.#messages.delete(position);
  }
}
