/** The types that params have. */
export type ParamType = "text" | "bigint" | "uuid";
export type ParamValue = string | number | null;

/** A statement's text and params. */
export interface Sql {
  readonly text: string;
  readonly params: readonly (string | null)[];
}

/** A statement under construction: its text names the params that it has collected. */
export class Statement {
  readonly params: (string | null)[] = [];

  /** Adds a param and returns how the text refers to it, with its type. */
  param(value: ParamValue, type: ParamType): string {
    this.params.push(asText(value));
    return `$${this.params.length}::${type}`;
  }
}

/** A statement that is made once for many inputs: its text names params that are taken from each. */
export class Template<Input> {
  readonly #params: ((input: Input) => ParamValue)[] = [];
  text = "";

  /** Adds a param and returns how the text refers to it, with its type. */
  param(value: (input: Input) => ParamValue, type: ParamType): string {
    this.#params.push(value);
    return `$${this.#params.length}::${type}`;
  }

  /** The statement for one input. */
  of(input: Input): Sql {
    return { text: this.text, params: this.#params.map((value) => asText(value(input))) };
  }
}

function asText(value: ParamValue): string | null {
  return value === null ? null : String(value);
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
