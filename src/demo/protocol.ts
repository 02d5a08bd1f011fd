/** What a writer tells on its standard output, one JSON object per line. */
export type Told =
  /** It found so many messages in the store, and goes on behind them. */
  | { readonly told: "resumed"; readonly messages: number }
  /** So many messages are stored: `save` has resolved. */
  | {
      readonly told: "stored";
      readonly messages: number;
      /** How long the save took. */
      readonly milliseconds: number;
      /** Bytes that this process wrote to files so far, where the system counts them. */
      readonly written?: number;
    }
  /** A bare write and fdatasync of the last message's bytes, without the store, to compare. */
  | { readonly told: "bare"; readonly milliseconds: number }
  /** The store reported something. */
  | { readonly told: "report"; readonly kind: string; readonly message: string }
  | { readonly told: "done" };
