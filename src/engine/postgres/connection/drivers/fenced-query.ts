import { createHash } from "node:crypto";
import type { Row } from "../../client.ts";
import { ConnectionLostError } from "../failure.ts";
import type { Params } from "../servers/fence.ts";

/** What is used of the connection beneath a client of `pg`, as its own cursors use it. */
export interface PgWire {
  parse(message: { name: string; text: string; types: number[] }, more: boolean): void;
  bind(message: { statement: string; values: (string | null)[] }, more: boolean): void;
  describe(message: { type: string; name: string }, more: boolean): void;
  execute(message: { portal: string }, more: boolean): void;
  close(message: { type: string; name: string }, more: boolean): void;
  sync(): void;
  readonly stream: { cork(): void; uncork(): void; destroy(): unknown };
}

/** Statements that were prepared on a connection, by their text. */
export class Prepared {
  readonly #texts = new Set<string>();
  #forgotten = 0;

  /** @returns "" when there are to be no names: a pooler gives a transaction any connection to the server. */
  nameOf(text: string): string {
    if (this.#forgotten > MOST_FORGOTTEN) return "";
    const known = NAMES.get(text);
    if (known !== undefined) return known;
    const name = `astrid_${createHash("sha256").update(text).digest("hex").slice(0, 40)}`;
    NAMES.set(text, name);
    return name;
  }

  has(text: string): boolean {
    return this.#texts.has(text);
  }

  add(text: string): void {
    if (this.#forgotten <= MOST_FORGOTTEN) this.#texts.add(text);
  }

  /** The server does not know a statement any more: someone deallocated it, or it is another server. */
  forget(): void {
    this.#texts.clear();
    this.#forgotten++;
  }

  useNoNames(): void {
    this.#texts.clear();
    this.#forgotten = Infinity;
  }
}

/** Whoever deallocates does it once; behind a pooler it happens all the time. */
const MOST_FORGOTTEN = 1;
const NAMES = new Map<string, string>();

/** By the type of a column; other values stay as the server writes them. */
const READERS = new Map<number, (text: string) => unknown>([
  [16, (text) => text === "t"],
  ...[21, 23, 26, 700, 701].map((type) => [type, Number] as const),
]);

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/**
 * Two statements in one transaction and one round trip: the fence, and the one that it is for. What `pg` calls a
 * submittable. It settles when the server has finished both, with the first error, or when it is
 * given up; the connection sends nothing else before the server is ready again.
 */
export class FencedQuery {
  readonly answered: Promise<{ state: Row; rows: Row[] }>;
  #settle!: (error: Error | undefined) => void;
  readonly #prepared: Prepared;
  readonly #statements: readonly { text: string; params: readonly (string | null)[] }[];
  #fields: readonly Field[] = [];
  readonly #rows: Row[][] = [[], []];
  #finished = 0;

  constructor(
    prepared: Prepared,
    fence: { text: string; params: Params },
    text: string,
    params: readonly (string | null)[],
  ) {
    this.#prepared = prepared;
    this.#statements = [fence, { text, params }];
    this.answered = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        if (error !== undefined) reject(error);
        else resolve({ state: this.#rows[0]?.[0] ?? {}, rows: this.#rows[1] ?? [] });
      };
    });
    this.answered.catch(() => undefined);
  }

  submit(wire: PgWire): void {
    wire.stream.cork();
    try {
      for (const { text, params } of this.#statements) {
        const name = this.#prepared.nameOf(text);
        if (name === "" || !this.#prepared.has(text)) {
          // One of that name may be left of an earlier try.
          if (name !== "") wire.close({ type: "S", name }, true);
          wire.parse({ name, text, types: [] }, true);
        }
        wire.bind({ statement: name, values: [...params] }, true);
        wire.describe({ type: "P", name: "" }, true);
        wire.execute({ portal: "" }, true);
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#fields = fields;
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    this.#fields.forEach(({ name, dataTypeID }, index) => {
      const text = fields[index] ?? null;
      const read = READERS.get(dataTypeID);
      row[name] = text === null || read === undefined ? text : read(text);
    });
    this.#rows[this.#finished]?.push(row);
  }

  handleCommandComplete(): void {
    this.#finished++;
  }

  handleReadyForQuery(): void {
    if (this.#finished !== this.#statements.length) {
      this.#settle(new ConnectionLostError("the server answered something else than it was asked"));
      return;
    }
    for (const { text } of this.#statements) this.#prepared.add(text);
    this.#settle(undefined);
  }

  handleError(error: unknown): void {
    const code = (error as { code?: unknown }).code;
    if (code === "26000" || code === "42P05") this.#prepared.forget();
    this.#settle(error instanceof Error ? error : new Error(String(error)));
  }

  // Never comes: no statement here asks for a part of its rows, is empty, or copies.
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
