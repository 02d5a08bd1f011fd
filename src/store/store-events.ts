import { EventEmitter } from "node:events";
import type { EngineProgress, EngineReport } from "../engine/contract.ts";

/** What a store emits. */
export interface StoreEvents {
  readonly report: [report: EngineReport];
  /** Something takes long. */
  readonly progress: [progress: EngineProgress];
}

type Listener<E extends keyof StoreEvents> = (...values: StoreEvents[E]) => void;

/**
 * Node's `EventEmitter`, as far as a store is one. It is declared here so that a program without Node's own types
 * compiles too.
 */
export interface StoreEmitter {
  on<E extends keyof StoreEvents>(event: E, listener: Listener<E>): this;
  once<E extends keyof StoreEvents>(event: E, listener: Listener<E>): this;
  off<E extends keyof StoreEvents>(event: E, listener: Listener<E>): this;
  addListener<E extends keyof StoreEvents>(event: E, listener: Listener<E>): this;
  removeListener<E extends keyof StoreEvents>(event: E, listener: Listener<E>): this;
  removeAllListeners(event?: keyof StoreEvents): this;
  listenerCount(event: keyof StoreEvents): number;
  emit<E extends keyof StoreEvents>(event: E, ...values: StoreEvents[E]): boolean;
}

export const StoreEmitter: new () => StoreEmitter = EventEmitter;
