import { channel } from "node:diagnostics_channel";
import type { ErrorCode, Outcome } from "../../../session/errors/errors.ts";

/** What is published, by the last word of the channel's name: `astrid-sessions:postgres:call` and so on. */
export interface PostgresMetrics {
  /** A call of the engine is over; one of the store may be several. */
  readonly call: {
    /** To follow "could not": `store a commit of session …`. */
    readonly what: string;
    readonly writes: boolean;
    readonly milliseconds: number;
    /** How often it was tried. */
    readonly tries: number;
    /** Of its `StorageError`, if it failed with one. */
    readonly code: ErrorCode | undefined;
    /** What became of a write that failed. */
    readonly outcome: Outcome | undefined;
  };
  /** A try failed, and another one follows. */
  readonly retry: { readonly what: string; readonly error: unknown; readonly unknown: boolean };
  /** A call has a connection, or gave up waiting for one. */
  readonly wait: { readonly milliseconds: number; readonly served: boolean };
  /** A connection was opened. */
  readonly opened: { readonly host: string; readonly connections: number };
  /** A connection was closed, or was given up. */
  readonly closed: { readonly host: string; readonly reason: string; readonly connections: number };
  /** A standby did not answer, and the primary is asked instead. */
  readonly fallback: { readonly error: unknown };
  /** Another timeline of the database was heard of: a server was promoted. */
  readonly promoted: { readonly timeline: string };
}

const NAMES = ["call", "retry", "wait", "opened", "closed", "promoted", "fallback"] as const;
const CHANNELS = Object.fromEntries(
  NAMES.map((name) => [name, channel(`astrid-sessions:postgres:${name}`)]),
) as Record<keyof PostgresMetrics, ReturnType<typeof channel>>;

/** Tells whoever listens; makes nothing when nobody does. */
export function publish<Name extends keyof PostgresMetrics>(
  name: Name,
  make: () => PostgresMetrics[Name],
): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(make());
}
