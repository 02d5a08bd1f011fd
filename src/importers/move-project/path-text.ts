/** A path and what lies below it, and where that is now. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Where a path is after the move; `undefined` for one that does not lie there. */
export function movedPath(path: string, { from, to }: Move): string | undefined {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}

/** What may stand in a file's or folder's name, so that the path would be another one. */
const IN_NAME = /[A-Za-z0-9_.\-~/\\\u0080-\uffff]/;

/**
 * A text with the path replaced wherever it stands as a path: `/p/app` in `/p/app/x` and in `node /p/app`, and not in
 * `/p/app-2`. @returns the text and how often.
 */
export function movedText(
  text: string,
  { from, to }: Move,
): { readonly text: string; readonly count: number } {
  // As JSON and TOML write them in their strings.
  const [old, fresh] = [inString(from), inString(to)];
  let result = "";
  let position = 0;
  let count = 0;
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + 1)) {
    const after = text.slice(at + old.length);
    if (at < position || IN_NAME.test(text.charAt(at - 1)) || !endsThere(after)) continue;
    result += text.slice(position, at) + fresh;
    position = at + old.length;
    count++;
  }
  return { text: result + text.slice(position), count };
}

/** A full stop at the end of a sentence ends a path too. */
function endsThere(after: string): boolean {
  return after.startsWith("/") || /^\.?(?:$|[\s"'])/.test(after) || !IN_NAME.test(after.charAt(0) || " ");
}

function inString(path: string): string {
  return JSON.stringify(path).slice(1, -1);
}
