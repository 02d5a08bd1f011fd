import { readFileSync } from "node:fs";

/** A program that a page of the documentation shows. */
export interface PageProgram {
  /** The page and the line where it begins. */
  readonly name: string;
  /** Each line stands where it stands on the page, so that what a compiler or a stack trace says is found there. */
  readonly source: string;
  /** Why it is not run, where it cannot be; its types are checked all the same. */
  readonly notRun: string | undefined;
}

const OPENING = /^(?:```ts|<!-- ts(?:, (?<begin>a new program)(?:, not run: (?<notRun>.+))?)?)$/;

/**
 * The programs of a page: its blocks of TypeScript, one behind the other. What a block leaves out for the reader (its
 * imports, a model that needs no key, what must come of it) stands before or behind it in a comment that is not shown:
 *
 *     <!-- ts
 *     const model = new ScriptedModel([…]);
 *     -->
 *
 * A comment that begins with `<!-- ts, a new program` begins another program, and with
 * `<!-- ts, a new program, not run: <why>` one whose types are checked only.
 */
export function pagePrograms(name: string, page: string): PageProgram[] {
  const programs: { name: string; lines: string[]; notRun: string | undefined }[] = [];
  let closing: string | undefined;
  for (const [index, line] of page.split("\n").entries()) {
    if (closing === undefined) {
      const opening = OPENING.exec(line);
      if (opening === null) continue;
      closing = line.startsWith("<!--") ? "-->" : "```";
      if (programs.length === 0 || opening.groups?.["begin"] !== undefined)
        programs.push({ name: `${name}:${index + 1}`, lines: [], notRun: opening.groups?.["notRun"] });
    } else if (line === closing) {
      closing = undefined;
    } else {
      const lines = programs.at(-1)?.lines ?? [];
      while (lines.length < index) lines.push("");
      lines.push(line);
    }
  }
  if (closing !== undefined) throw new Error(`${name} ends within a block of code.`);
  return programs.map(({ lines, ...program }) => ({ ...program, source: `${lines.join("\n")}\n` }));
}

/** @param path from the repository's root. */
export function programsOf(root: string, path: string): PageProgram[] {
  return pagePrograms(path, readFileSync(`${root}/${path}`, "utf8"));
}
