import { CANDIDATE_FORMATS, DEFINITE_FORMATS, type SecretFormat, type SecretTier } from "./secret-formats.ts";

/** A secret in a text. */
export interface FoundSecret {
  /** What it is, such as `github-token`. */
  readonly format: string;
  readonly tier: SecretTier;
  /** Where it stands, in UTF-16 code units; `end` is behind it. */
  readonly start: number;
  readonly end: number;
}

export interface FindSecretsOptions {
  /** Also what is likely to be one: a JWT, a password in a URL, a value assigned to `token` or the like. Default: false. */
  readonly candidates?: boolean | undefined;
}

/** All prefixes of some formats as one expression, and what each may begin. */
interface Anchors {
  readonly expression: RegExp;
  readonly formats: ReadonlyMap<string, readonly SecretFormat[]>;
}

const BEGIN_KEY = "-----BEGIN ";
const KEY_NAME = /[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
const END_KEY = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
/** A key whose end is missing is taken up to here. */
const LONGEST_KEY = 16 << 10;

const definite = anchorsOf(DEFINITE_FORMATS, "g");
const candidate = anchorsOf(CANDIDATE_FORMATS, "gi");

/**
 * The secrets in a text, in order; they do not overlap. Its time is linear in the text's length, whatever it holds.
 * Examples that vendors print in their docs, and fillers such as `xxxxxxxx`, are none.
 */
export function findSecrets(text: string, { candidates = false }: FindSecretsOptions = {}): FoundSecret[] {
  const found = [...secretsAt(text, definite, "definite"), ...privateKeys(text)];
  if (candidates) found.push(...secretsAt(text, candidate, "candidate"));
  if (found.length < 2) return found;
  // What is certain comes before what is likely at the same place.
  found.sort((left, right) => left.start - right.start || (left.tier === "definite" ? -1 : 1));
  let end = 0;
  return found.filter((secret) => {
    if (secret.start < end) return false;
    end = secret.end;
    return true;
  });
}

function* secretsAt(
  text: string,
  { expression, formats }: Anchors,
  tier: SecretTier,
): Generator<FoundSecret> {
  expression.lastIndex = 0;
  for (let anchor = expression.exec(text); anchor !== null; anchor = expression.exec(text)) {
    const { index } = anchor;
    const [prefix] = anchor;
    // Within a longer word it begins nothing; what is assigned may have any name before it.
    if (tier === "definite" && isWord(text.charCodeAt(index - 1))) continue;
    const secret = secretBehind(text, index, prefix, formats.get(prefix.toLowerCase()) ?? [], tier);
    if (secret === undefined) continue;
    yield secret;
    expression.lastIndex = secret.end;
  }
}

function secretBehind(
  text: string,
  index: number,
  prefix: string,
  formats: readonly SecretFormat[],
  tier: SecretTier,
): FoundSecret | undefined {
  for (const { name, body } of formats) {
    body.lastIndex = index + prefix.length;
    const match = body.exec(text);
    if (match === null) continue;
    const value = match.groups?.["value"];
    const end = body.lastIndex - (name === "password-in-url" ? 1 : 0);
    const start = value === undefined ? index : end - value.length;
    if (isExample(value ?? match[0])) continue;
    if (name === "assigned-secret" && !looksRandom(value ?? "")) continue;
    return { format: name, tier, start, end };
  }
  return undefined;
}

/** Private keys in PEM's and PGP's armour, whole; a key that is cut off too. */
function* privateKeys(text: string): Generator<FoundSecret> {
  for (let start = text.indexOf(BEGIN_KEY); start >= 0; start = text.indexOf(BEGIN_KEY, start + 1)) {
    KEY_NAME.lastIndex = start + BEGIN_KEY.length;
    if (!KEY_NAME.test(text)) continue;
    const stop = text.indexOf("-----", KEY_NAME.lastIndex);
    END_KEY.lastIndex = stop;
    const isWhole = stop >= 0 && END_KEY.test(text);
    const end = isWhole
      ? END_KEY.lastIndex
      : Math.min(stop < 0 ? text.length : stop, KEY_NAME.lastIndex + LONGEST_KEY);
    // A header alone, as a program prints it, is no key.
    if (end - KEY_NAME.lastIndex < 64) continue;
    yield { format: "private-key", tier: "definite", start, end };
    start = end - 1;
  }
}

function anchorsOf(all: readonly SecretFormat[], flags: string): Anchors {
  const formats = new Map<string, SecretFormat[]>();
  for (const format of all) {
    for (const prefix of format.prefixes) {
      const known = formats.get(prefix.toLowerCase());
      if (known === undefined) formats.set(prefix.toLowerCase(), [format]);
      else known.push(format);
    }
  }
  // The longest first: `sk-` begins others.
  const prefixes = [...new Set(all.flatMap((format) => format.prefixes))].sort(
    (left, right) => right.length - left.length,
  );
  const escaped = prefixes.map((prefix) => prefix.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  return { expression: new RegExp(escaped.join("|"), flags), formats };
}

function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
  );
}

const EXAMPLE = /example|placeholder|changeme|your[-_]|redacted|xxxxxx|\*\*\*\*|\.\.\.\.|1234567890abcdef/i;
const FEW = 5;

function isExample(value: string): boolean {
  return EXAMPLE.test(value) || new Set(value).size < FEW;
}

/** Letters together with digits, as what was drawn by chance has; a word or a number is none. */
function looksRandom(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && new Set(value).size >= 8;
}
