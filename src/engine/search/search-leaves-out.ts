import { checkArray, checkObject, checkText } from "../../session/json/arguments.ts";
import type { SearchQuery } from "../contract.ts";
import { phrasesOf, type Phrase } from "./search-query.ts";

/** What a search leaves out, of what it would find otherwise. */
export interface SearchLeavesOut {
  /** Not messages, nor titles, that have one of these; each is written as the query's text, and meant as it is. */
  readonly without?: readonly string[] | undefined;
  /** Not what one of these fits, each in the sense of the query's field of that name. */
  readonly except?: SearchExceptions | undefined;
}

interface SearchExceptions {
  readonly role?: readonly string[] | undefined;
  readonly tool?: readonly string[] | undefined;
  readonly source?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly directory?: readonly string[] | undefined;
}

/** @throws {InvalidArgumentError} */
export function checkLeavesOut({ without, except = {} }: SearchLeavesOut): void {
  checkObject(except, "except");
  const { role, tool, source, tag, directory } = except;
  const lists = { without, role, tool, source, tag, directory };
  for (const [field, list] of Object.entries(lists)) {
    if (list === undefined) continue;
    const name = field === "without" ? field : `except.${field}`;
    checkArray(list, name);
    for (const text of list) checkText(text, `${name}'s entry`);
  }
}

/** The phrases none of which may occur in what is found. */
export function unwantedOf({ without = [] }: Pick<SearchQuery, "without">): readonly Phrase[] {
  return without.flatMap(phrasesOf);
}
