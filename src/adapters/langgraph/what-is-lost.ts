/** What LangGraph's serializer says in place of a value that it makes nothing of. */
const GAVE_UP = '"[unable to serialize, circular reference is too complex to analyze]"';
/** What it says in place of a part that contains itself. */
const CIRCLE = '"[Circular]"';
/** Deeper values make `JSON.stringify` run out of stack sooner or later; how deep depends on the caller. */
const SURELY_SHALLOW = 500;

/**
 * Why a value would not come back from the text that LangGraph's serializer made of it; `undefined` when it does. Looks
 * for what the serializer gives up on, not for what it turns into something else, such as a date into a text.
 */
export function whatIsLost(value: unknown, text: string): string | undefined {
  if (text === "") return `it is a ${typeof value}`;
  const gaveUp = text === GAVE_UP && value !== JSON.parse(GAVE_UP);
  if (!gaveUp && !text.includes(CIRCLE)) return undefined;
  const { bigint, circle, depth } = lossesOf(value);
  if (bigint !== undefined) return `${bigint} is a BigInt`;
  if (circle !== undefined) return `${circle} contains itself`;
  if (!gaveUp) return undefined;
  return depth > SURELY_SHALLOW
    ? `it is ${depth} levels deep`
    : "something in it refuses to be made JSON (its toJSON fails)";
}

/** A value within another one, and where. */
interface Part {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Part | undefined;
  readonly depth: number;
}

interface Losses {
  bigint: string | undefined;
  circle: string | undefined;
  depth: number;
}

/** Without recursion, since the depth may be the matter. */
function lossesOf(root: unknown): Losses {
  const losses: Losses = { bigint: undefined, circle: undefined, depth: 0 };
  const pending: Part[] = [{ value: root, key: "it", parent: undefined, depth: 0 }];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    const { value, depth } = part;
    losses.depth = Math.max(losses.depth, depth);
    if (typeof value === "bigint") losses.bigint ??= pathOf(part);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) continue;
    if (isWithinItself(part)) losses.circle ??= pathOf(part);
    else
      for (const [key, child] of partsOf(value))
        pending.push({ value: child, key, parent: part, depth: depth + 1 });
  }
  return losses;
}

function* partsOf(value: object): Iterable<[key: string, value: unknown]> {
  if (value instanceof Map || value instanceof Set) {
    for (const [index, entry] of [...value].entries()) yield [`[${index}]`, entry];
  } else {
    const isList = Array.isArray(value);
    for (const [key, child] of Object.entries(value)) yield [isList ? `[${key}]` : `.${key}`, child];
  }
}

function isWithinItself({ value, parent }: Part): boolean {
  for (let above = parent; above !== undefined; above = above.parent) if (above.value === value) return true;
  return false;
}

function pathOf(part: Part): string {
  const keys: string[] = [];
  for (let at: Part | undefined = part; at !== undefined; at = at.parent) keys.unshift(at.key);
  return keys.join("");
}
