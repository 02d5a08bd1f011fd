/**
 * The first key that occurs twice at the top level of a JSON object or of its `metadata`, as Astrid's reader refuses
 * it; `JSON.parse` keeps the last one silently. `text` must be valid JSON.
 */
export function duplicateKey(text: string): string | undefined {
  const seen: Set<string>[] = [];
  const names: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        seen[depth] = new Set();
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case QUOTE: {
        const end = endOfString(text, at);
        if (depth === 1 || (depth === 2 && names[1] === "metadata")) {
          const colon = skipSpace(text, end + 1);
          if (text.charCodeAt(colon) === COLON) {
            const key = JSON.parse(text.slice(at, end + 1)) as string;
            const keys = seen[depth];
            if (keys?.has(key) === true) return key;
            keys?.add(key);
            names[depth] = key;
          }
        }
        at = end;
        break;
      }
    }
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const end = text.indexOf('"', at);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
    at = end;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text.charAt(at))) at++;
  return at;
}
