/** Pieces of Markdown that hold any text without becoming more than they are. */

/** A fence is longer than any within. */
export function fenced(text: string, language = ""): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** @param text of one line. */
export function codeSpan(text: string): string {
  const fence = "`".repeat(longestRun(text) + 1);
  const padding = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return fence + padding + text + padding + fence;
}

/** Text of one line in which nothing is Markdown. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [{ length }] of text.matchAll(/`+/g)) longest = Math.max(longest, length);
  return longest;
}
