/** A statement under construction: its text names the params that it has collected. */
export class Statement {
  readonly params: (string | null)[] = [];

  /** Adds a param and returns how the text refers to it, with its type. */
  param(value: string | number | null, type: "text" | "bigint" | "uuid"): string {
    this.params.push(value === null ? null : String(value));
    return `$${this.params.length}::${type}`;
  }
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
