/** A line of a difference, and whether it went, came or stayed. */
export type DiffLine = readonly [sign: "+" | "-" | " " | "@", text: string];

/** The square of it is the work. */
const MOST_COMPARED = 400;
const CONTEXT = 3;

/** How one text became another, line by line. Of long texts the whole middle goes and comes. */
function diffOf(before: string, after: string): DiffLine[] {
  const old = before === "" ? [] : before.split("\n");
  const now = after === "" ? [] : after.split("\n");
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  )
    end++;
  const middle = compared(old.slice(start, old.length - end), now.slice(start, now.length - end));
  const kept = (lines: readonly string[]): DiffLine[] => lines.map((line) => [" ", line]);
  return [
    ...kept(old.slice(Math.max(start - CONTEXT, 0), start)),
    ...middle,
    ...kept(old.slice(old.length - end, old.length - end + CONTEXT)),
  ];
}

function compared(old: readonly string[], now: readonly string[]): DiffLine[] {
  const gone = (line: string): DiffLine => ["-", line];
  const come = (line: string): DiffLine => ["+", line];
  if (old.length > MOST_COMPARED || now.length > MOST_COMPARED) return [...old.map(gone), ...now.map(come)];
  // The longest lines in common from each pair of places on.
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      common[i * width + j] =
        old[i] === now[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    const [left = "", right = ""] = [old[i], now[j]];
    if (left === right) {
      lines.push([" ", left]);
      i++;
      j++;
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0)) {
      lines.push(gone(left));
      i++;
    } else {
      lines.push(come(right));
      j++;
    }
  }
  return [...lines, ...old.slice(i).map(gone), ...now.slice(j).map(come)];
}

/** A patch as it is written, line by line; `undefined` for what is none. */
function patchLines(text: string): DiffLine[] | undefined {
  if (!/^\*\*\* Begin Patch|^diff --git |^--- .*\n\+\+\+ /m.test(text.slice(0, 5000))) return undefined;
  return text.split("\n").map((line) => {
    if (/^(?:\*\*\*|diff --git|index |---|\+\+\+|@@)/.test(line)) return ["@", line];
    const sign = line[0];
    return sign === "+" || sign === "-" ? [sign, line.slice(1)] : [" ", line.replace(/^ /, "")];
  });
}

/** What a call of an editing tool changes; `undefined` for any other. */
export function diffOfCall(input: unknown): DiffLine[] | undefined {
  if (typeof input === "string") return patchLines(input);
  if (typeof input !== "object" || input === null) return undefined;
  const fields = input as Readonly<Record<string, unknown>>;
  for (const [before, after] of [
    ["old_string", "new_string"],
    ["old_str", "new_str"],
    ["oldString", "newString"],
    ["oldText", "newText"],
    ["old_text", "new_text"],
    ["search", "replace"],
  ] as const) {
    const [old, now] = [fields[before], fields[after]];
    if (typeof old === "string" && typeof now === "string") return diffOf(old, now);
  }
  if (Array.isArray(fields["edits"]))
    return (fields["edits"] as readonly unknown[]).flatMap((edit) => diffOfCall(edit) ?? []);
  for (const key of ["patch", "input", "diff"]) {
    const text = fields[key];
    if (typeof text === "string") return patchLines(text);
  }
  return undefined;
}

/** "+12 −3". */
export function sizeOf(lines: readonly DiffLine[]): { readonly added: number; readonly removed: number } {
  let [added, removed] = [0, 0];
  for (const [sign] of lines) {
    if (sign === "+") added++;
    if (sign === "-") removed++;
  }
  return { added, removed };
}
