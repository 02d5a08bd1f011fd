/**
 * What agent sessions look like: quantiles of 273 real sessions of a coding agent (59,490 messages), content bytes
 * as compact JSON. Sessions above about 4.2 MB were missing from the sample, so the tail is thinner than life.
 */
export type Quantiles = readonly (readonly [share: number, value: number])[];

export type Kind = "user" | "assistant" | "tool";

/** How many of all messages are of each kind. */
export const SHARE_OF_MESSAGES: readonly (readonly [kind: Kind, share: number])[] = [
  ["user", 0.038],
  ["assistant", 0.65],
  ["tool", 0.312],
];

export const CONTENT_BYTES: Record<Kind, Quantiles> = {
  user: [
    [0, 3],
    [0.01, 5],
    [0.05, 13],
    [0.1, 26],
    [0.25, 54],
    [0.5, 100],
    [0.75, 247],
    [0.9, 1557],
    [0.95, 6463],
    [0.99, 15473],
    [0.999, 65087],
    [1, 415112],
  ],
  assistant: [
    [0, 31],
    [0.01, 50],
    [0.05, 84],
    [0.1, 113],
    [0.25, 174],
    [0.5, 275],
    [0.75, 688],
    [0.9, 1635],
    [0.95, 2806],
    [0.99, 8103],
    [0.999, 23969],
    [1, 83667],
  ],
  tool: [
    [0, 94],
    [0.01, 100],
    [0.05, 106],
    [0.1, 139],
    [0.25, 196],
    [0.5, 582],
    [0.75, 2169],
    [0.9, 5532],
    [0.95, 11581],
    [0.99, 36690],
    [0.999, 72280],
    [1, 480479],
  ],
};

export const MESSAGES_PER_SESSION: Quantiles = [
  [0, 4],
  [0.01, 6],
  [0.05, 20],
  [0.1, 33],
  [0.25, 68],
  [0.5, 155],
  [0.75, 280],
  [0.9, 508],
  [0.95, 708],
  [0.99, 872],
  [1, 983],
];

/** The median session and the one that 95 of 100 stay below. */
export const P50_SESSION = { messages: 155, bytes: 219_495 } as const;
export const P95_SESSION = { messages: 708, bytes: 939_961 } as const;

/** Bytes of all 273 sessions as their agent stored them. */
export const CORPUS = { sessions: 273, bytes: 351_279_747 } as const;

/** The value below which `share` of all values are: between two quantiles on a line through their logarithms. */
export function valueAt(quantiles: Quantiles, share: number): number {
  let [lowShare, low] = quantiles[0] ?? [0, 1];
  for (const [highShare, high] of quantiles) {
    if (share <= highShare) {
      const part = highShare === lowShare ? 0 : (share - lowShare) / (highShare - lowShare);
      return Math.round(Math.exp(Math.log(low) + part * (Math.log(high) - Math.log(low))));
    }
    [lowShare, low] = [highShare, high];
  }
  return low;
}
