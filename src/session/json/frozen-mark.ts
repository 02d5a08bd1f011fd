/** Its constructor returns what it is given, so that a class which extends it puts its private field there. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its constructor is all that it is for
class Given {
  constructor(value: object) {
    return value;
  }
}

/** The texts of numbers by the key (or the index) under which they stand. */
export type NumberTexts = ReadonlyMap<string, string>;

/**
 * The mark on values that were frozen here, whole. A private field costs a fraction of an entry in a `WeakSet`: that
 * is a fifth of the time in which a session is loaded.
 */
export class FrozenMark extends Given {
  /**
   * Whether the value holds something that `JSON.stringify` would change or refuse: a negative zero, a number beyond
   * the double range (as a file may hold it), a number that was written otherwise than JavaScript writes it, nesting
   * too deep for its recursion. The texts of such numbers, where they stand in this very array or object.
   */
  readonly #exact: boolean | NumberTexts;

  private constructor(value: object, exact: boolean | NumberTexts) {
    super(value);
    this.#exact = exact;
  }

  static put(value: object, exact: boolean | NumberTexts): void {
    new FrozenMark(value, exact);
  }

  static isOn(value: object): boolean {
    return #exact in value;
  }

  static isExact(value: object): boolean {
    return #exact in value && value.#exact !== false;
  }

  static numberTexts(value: object): NumberTexts | undefined {
    return #exact in value && typeof value.#exact === "object" ? value.#exact : undefined;
  }
}
