/** A line of a diff: what went, what came, what stayed, and what is said about them. */
export interface DiffLine {
  readonly sign: "+" | "-" | " " | "@";
  readonly text: string;
}

/** Lines around a change that show where it is. */
const AROUND = 2;
/** Above so many comparisons a change is told as what went and what came. */
const MOST_COMPARED = 250_000;

/** What became of a text, line by line. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [left, right] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
  const kept = (text: string): DiffLine => ({ sign: " ", text });
  return [
    ...left.slice(Math.max(start - AROUND, 0), start).map(kept),
    ...changes(left.slice(start, left.length - end), right.slice(start, right.length - end)),
    ...left.slice(left.length - end, left.length - Math.max(end - AROUND, 0)).map(kept),
  ];
}

/** By the longest common run of lines, where that is soon found. */
function changes(left: readonly string[], right: readonly string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ sign: "-", text });
  const come = (text: string): DiffLine => ({ sign: "+", text });
  const [rows, columns] = [left.length, right.length];
  if (rows * columns > MOST_COMPARED) return [...left.map(gone), ...right.map(come)];
  const width = columns + 1;
  /** At [row, column]: how many lines the rests of both have in common. */
  const common = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--)
      common[row * width + column] =
        left[row] === right[column]
          ? (common[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(common[(row + 1) * width + column] ?? 0, common[row * width + column + 1] ?? 0);
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const [old, fresh] = [left[row], right[column]];
    if (row < rows && column < columns && old === fresh) {
      lines.push({ sign: " ", text: old ?? "" });
      row++;
      column++;
    } else if (
      column === columns ||
      (row < rows && (common[(row + 1) * width + column] ?? 0) >= (common[row * width + column + 1] ?? 0))
    ) {
      lines.push(gone(old ?? ""));
      row++;
    } else {
      lines.push(come(fresh ?? ""));
      column++;
    }
  }
  return lines;
}

/** A text's lines; what ends the last one begins no other. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
