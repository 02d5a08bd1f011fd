import { checkArray, checkFlags, checkTexts, shown } from "../session/json/arguments.ts";
import type { Committed } from "../session/commit.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";
import { jsonEquals } from "../session/json/json.ts";
import type { SessionHead } from "../session/head.ts";
import { ARCHIVED, PINNED } from "../session/summary/marks.ts";
import type { SessionId } from "../session/session-id.ts";
import { change, type Sessions } from "./sessions.ts";

/** What is to be different about how a session is kept; what is left out stays. */
export interface Organized {
  /** `null` takes the title away. */
  readonly title?: string | null | undefined;
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
  /** Marked in lists, and kept by `cleanup`. */
  readonly pinned?: boolean | undefined;
  /** Done with: kept, but out of the way of who looks for a session to go on with. */
  readonly archived?: boolean | undefined;
}

/**
 * Renames, tags, pins or archives a session without loading it. It does not conflict with what others write to it, and
 * leaves the session's time as it was: that is when its conversation went on, by which lists and clean-ups go.
 * @returns what was committed; `undefined` when the session is like that already.
 */
export async function organize(
  sessions: Sessions,
  id: SessionId,
  changes: Organized,
): Promise<Committed | undefined> {
  const { title, addTags = [], removeTags = [], pinned, archived } = changes;
  checkFlags(changes, ["pinned", "archived"]);
  if (title !== null) checkTexts(changes, ["title"]);
  checkArray(addTags, "addTags");
  checkArray(removeTags, "removeTags");
  for (const tag of [...addTags, ...removeTags]) {
    if (typeof tag !== "string" || tag.trim() === "")
      throw new InvalidArgumentError(`A tag is a text that is not empty, not ${shown(tag)}.`);
  }
  return await change(sessions, id, ({ head, updatedAt }) => {
    const kept = head.tags.filter((tag) => !removeTags.includes(tag));
    const tags = [...kept, ...new Set(addTags.filter((tag) => !kept.includes(tag)))];
    const custom = marked(marked(head.custom, PINNED, pinned), ARCHIVED, archived);
    const set = {
      ...(title === undefined || title === head.title ? {} : { title }),
      ...(jsonEquals(tags, head.tags) ? {} : { tags }),
      ...(jsonEquals(custom, head.custom) ? {} : { custom }),
    };
    return Object.keys(set).length === 0 ? undefined : { at: updatedAt, set };
  });
}

function marked(custom: SessionHead["custom"], key: string, is: boolean | undefined): SessionHead["custom"] {
  if (is === undefined || is === (custom[key] !== undefined)) return custom;
  const { [key]: _, ...rest } = custom;
  return is ? { ...rest, [key]: new Date().toISOString() } : rest;
}
