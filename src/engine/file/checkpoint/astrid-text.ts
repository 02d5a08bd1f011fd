/** Astrid's reader recurses no deeper; the message stands two levels deep in the document. */
const DEEPEST = 128 - 3;

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Half a surrogate pair, which JSON text escapes. */
const LONE = /\\u[dD][89a-fA-F][0-9a-fA-F]{2}/;

/**
 * What stands in a document for a message that Astrid would refuse, and the whole session with it; `undefined` when the
 * text can stand as it is. Half a surrogate pair becomes U+FFFD, and what is nested too deep `null`.
 */
export function astridText(text: Buffer): Buffer | undefined {
  const isDeep = mayBeDeep(text) && depthOf(text) > DEEPEST;
  const isLone = text.includes("\\u") && LONE.test(text.toString("latin1"));
  if (!isDeep && !isLone) return undefined;
  const flat = isDeep ? cutAt(text, DEEPEST) : text;
  if (!isLone) return flat;
  const value: unknown = JSON.parse(flat.toString("utf8"), (_key, inner: unknown) =>
    typeof inner === "string" ? inner.toWellFormed() : inner,
  );
  return Buffer.from(JSON.stringify(value));
}

/** Whether there are as many brackets as it takes: most texts have far fewer. */
function mayBeDeep(text: Buffer): boolean {
  let count = 0;
  for (const bracket of [OPENING_BRACKET, OPENING_BRACE])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > DEEPEST) return true;
  return false;
}

function depthOf(text: Buffer): number {
  let deepest = 0;
  walk(text, (depth) => (deepest = Math.max(deepest, depth)));
  return deepest;
}

/** The same text with `null` for each value below `most` levels. */
function cutAt(text: Buffer, most: number): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  walk(text, (depth, at) => {
    // The bracket that goes too deep begins a value; the one that comes back ends it.
    if (depth === most + 1) parts.push(text.subarray(from, at), Buffer.from("null"));
    else if (depth === -(most + 1)) from = at + 1;
  });
  parts.push(text.subarray(from));
  return Buffer.concat(parts);
}

/** Calls with the depth behind each opening bracket, and with minus the depth that each closing one ends. */
function walk(text: Buffer, visit: (depth: number, at: number) => void): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case QUOTE:
        for (at++; at < text.length && text[at] !== QUOTE; at++) if (text[at] === BACKSLASH) at++;
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        visit(++depth, at);
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        visit(-depth, at);
        depth--;
        break;
      default:
    }
  }
}
