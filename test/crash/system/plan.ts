// What the process under test does, and what the store holds after each operation: known beforehand, so that any
// moment of any run can be checked against it.

/** One change, as a caller of the store makes it. Each makes one commit at most. */
export interface Operation {
  readonly kind: "create" | "save" | "append" | "rewrite" | "checkpoint" | "delete" | "trash" | "restore";
  readonly id: string;
  /** The texts of the messages that it adds; with `rewrite`, of all messages. */
  readonly texts: readonly string[];
  /** Carried out at once with its neighbours of the same batch. */
  readonly batch?: number | undefined;
}

/** A session as a load returns it, in short. */
export interface Content {
  readonly revision: number;
  readonly texts: readonly string[];
}

/** What a store holds. */
export interface State {
  readonly live: ReadonlyMap<string, Content>;
  readonly trash: ReadonlyMap<string, Content>;
}

/** The text of a message that the script wrote; anything else shows as JSON. */
export function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

/**
 * Rounds of the same operations on sessions of their own; every text has `size` characters at least.
 * @param burst at the end of each round so many appends are made at once, twice.
 */
export function planOf(rounds: number, size = 0, burst = 0): Operation[] {
  return Array.from({ length: rounds }, (_, round) => [
    ...roundOf(round, size),
    ...burstOf(round, burst, 2 * round),
    ...burstOf(round, burst, 2 * round + 1),
  ]).flat();
}

/** Appends of several lengths, so that a page may lie within one and another may hold several. */
function burstOf(round: number, burst: number, batch: number): Operation[] {
  const id = sessionId(round, "a");
  return Array.from({ length: burst }, (_, index) => {
    const name = `burst ${batch}.${index} `;
    return { kind: "append", id, texts: [name.padEnd([20, 9000, 700, 40][index % 4] ?? 0, name)], batch };
  });
}

/** The operation behind those that are under way together with operation `index`. */
export function endOfBatch(plan: readonly Operation[], index: number): number {
  const batch = plan[index]?.batch;
  let end = index + 1;
  while (batch !== undefined && plan[end]?.batch === batch) end++;
  return Math.min(end, plan.length);
}

function sessionId(round: number, name: string): string {
  return `${round.toString(16).padStart(8, "0")}-0000-4000-8000-000000000${name.repeat(3)}`;
}

function roundOf(round: number, size: number): Operation[] {
  const id = (name: string): string => sessionId(round, name);
  const text = (name: string): string => `${name}${round} `.padEnd(size, `${name} `);
  const [a, b, c, d] = [id("a"), id("b"), id("c"), id("d")];
  return [
    { kind: "create", id: a, texts: [text("a1")] },
    { kind: "save", id: a, texts: [text("a2")] },
    { kind: "create", id: b, texts: [text("b1")] },
    { kind: "checkpoint", id: a, texts: [] },
    { kind: "append", id: a, texts: [text("a3"), text("a4")] },
    { kind: "create", id: c, texts: [text("c1")] },
    { kind: "trash", id: c, texts: [] },
    { kind: "delete", id: b, texts: [] },
    { kind: "restore", id: c, texts: [] },
    { kind: "append", id: c, texts: [text("c2")] },
    { kind: "rewrite", id: a, texts: [text("a5")] },
    { kind: "trash", id: c, texts: [] },
    { kind: "create", id: d, texts: [text("d1")] },
    { kind: "delete", id: d, texts: [] },
    { kind: "save", id: a, texts: [text("a6")] },
  ];
}

/** What the store holds when the first `done` operations have happened and no other. */
export function stateAfter(plan: readonly Operation[], done: number): State {
  const live = new Map<string, Content>();
  const trash = new Map<string, Content>();
  for (const { kind, id, texts } of plan.slice(0, done)) {
    const before = live.get(id) ?? { revision: 0, texts: [] };
    const revision = before.revision + 1;
    switch (kind) {
      case "create":
      case "save":
      case "append":
        live.set(id, { revision, texts: [...before.texts, ...texts] });
        break;
      case "rewrite":
        live.set(id, { revision, texts });
        break;
      case "checkpoint":
        break;
      case "delete":
        live.delete(id);
        break;
      case "trash":
        live.delete(id);
        trash.set(id, { revision, texts: before.texts });
        break;
      case "restore": {
        const kept = trash.get(id);
        trash.delete(id);
        if (kept !== undefined) live.set(id, { ...kept, revision: kept.revision + 1 });
        break;
      }
      default:
        throw new Error(`no such operation: ${kind satisfies never as string}`);
    }
  }
  return { live, trash };
}
