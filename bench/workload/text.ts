import { seededRandom } from "./random.ts";

const SYLLABLES =
  "ba de fi go lu ma ne pi ro su ta ve wi xo ka zu con ter ing pro ant ist mod ver set run".split(" ");
const WORDS = 40_000;

/** Words of which a few are everywhere and most are rare, as in any text; every eighth looks like code. */
const vocabulary = ((): readonly string[] => {
  const random = seededRandom(0x5eed);
  const pick = (): string => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? "";
  const words = new Set<string>();
  while (words.size < WORDS) {
    const word = Array.from({ length: 1 + Math.floor(random() * 4) }, pick).join("");
    words.add(words.size % 8 === 7 ? `${word}_${pick()}.${pick()}()` : word);
  }
  return [...words];
})();

/** The word of a rank, 0 being the most frequent. */
export function wordOfRank(rank: number): string {
  return vocabulary[rank] ?? "";
}

/** About so many bytes of text in lines; plain ASCII, so that bytes are characters. */
export function text(bytes: number, random: () => number): string {
  let result = "";
  for (let count = 1; result.length < bytes; count++) {
    // Zipf: a word's frequency falls with its rank.
    result += wordOfRank(Math.floor(WORDS ** random()) - 1) + (count % 12 === 0 ? "\n" : " ");
  }
  return result.slice(0, bytes);
}
