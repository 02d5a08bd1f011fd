/** What may happen in a seed of the simulation besides a power cut. Each can be turned on alone, or left out. */
export const FEATURES = [
  /** Processes are killed and started again. */
  "kills",
  /** Calls that change the disk fail. */
  "faults",
  /** Calls that read fail (`stat`, `open`, `list`, reads, `lock`), and `close`. */
  "failing-reads",
  /** Letting go of a lock fails, though it is let go. */
  "failing-unlocks",
  /** Every lock is given to whoever asks. */
  "lying-locks",
  /** Lock files are removed: whoever comes next takes a lock that nobody else has. */
  "removed-locks",
  /** A client appends up to eight times at once, each answered on its own. */
  "batches",
  /** Of what was not synced all arrives but one block or two. */
  "lost-blocks",
  /** Each process has its clock, which is set forth and back, the machine's as well. */
  "clocks",
  /** Sessions are removed, restored and created again more often. */
  "lives",
  /** The trash is emptied. */
  "empty-trash",
  /** Messages are redacted: sessions are rewritten, with their history. */
  "rewrites",
  /** Sessions are held, taken over and written to under a lease. */
  "leases",
  /** Sessions are removed by a rule, and the trash expires. */
  "cleanups",
  /** Sessions' history is given up. */
  "vacuums",
  /** Sessions are packed; whatever is done to them next unpacks them. */
  "packing",
] as const;

export type Feature = (typeof FEATURES)[number];

/** How often a seed has each. */
export const CHANCES: Readonly<Record<Feature, number>> = {
  kills: 1,
  faults: 0.3,
  "failing-reads": 0.2,
  "failing-unlocks": 0.1,
  "lying-locks": 0.12,
  "removed-locks": 0.12,
  batches: 0.6,
  "lost-blocks": 0.6,
  clocks: 0.3,
  lives: 0.3,
  "empty-trash": 0.3,
  rewrites: 0.3,
  leases: 0.4,
  cleanups: 0.3,
  vacuums: 0.3,
  packing: 0.5,
};

/** Locks that do not keep others out: nothing is removed then, and no call fails. */
export function hasUnsafeLocks(features: ReadonlySet<Feature>): boolean {
  return features.has("lying-locks") || features.has("removed-locks");
}

/** Features of a plan, from a list such as `all` or `kills,batches`. @throws when one is not known. */
export function featuresFrom(text: string): readonly Feature[] {
  if (text === "all") return FEATURES;
  return text.split(",").map((name) => {
    const feature = FEATURES.find((one) => one === name);
    if (feature === undefined) throw new Error(`no feature "${name}"; there are all, ${FEATURES.join(", ")}`);
    return feature;
  });
}
