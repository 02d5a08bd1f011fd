import type { HeadChanges } from "../session/head.ts";
import type { Json } from "../session/json/json.ts";
import type { Message } from "../session/message.ts";

/** A commit; its messages are given before its fields. */
export interface CommitPlace {
  readonly kind: "commit";
  readonly revision: number;
  /** The first one that there is of a life. */
  readonly isFirst: boolean;
  /** Of a life that is in the trash. */
  readonly inTrash: boolean;
  /** What its messages take the place of. */
  readonly splice: readonly [start: number, deleteCount: number] | undefined;
}

/** Where what is given to an edit stands. */
export type EditPlace =
  | CommitPlace
  /** What somebody else wrote into the session's document, and no commit holds yet. */
  | { readonly kind: "document" }
  /** The session's entries in the log of removals. */
  | { readonly kind: "log" }
  /**
   * A file that was set aside, since it cannot be read as a session: it can be looked at, and given up. `isCopy`: one on
   * its way to take another's place, or left over from that, whose content counts where it belongs.
   */
  | { readonly kind: "file"; readonly path: string; readonly isCopy?: boolean };

/**
 * What is done to everything that was ever written in a session: each part is given, and what comes back takes its
 * place. The very same value says that nothing changes.
 */
export interface SessionEdit {
  /** Everything is given from the beginning (again, where somebody wrote meanwhile): what was found before does not count. */
  begin(): void;
  /** Called before the parts of a place are given. */
  at(place: EditPlace): void;
  /** @param position where the message stood when it was stored. */
  message(message: Message, position: number): Message;
  head(changes: HeadChanges): HeadChanges;
  /** An item of a side list. */
  item(list: string, item: Json): Json;
  /** Any other text: the name of a side list, an operation id, why something was removed. */
  text(text: string): string;
  /**
   * Text of a file that was set aside, as it stands there.
   * @param until what begins behind is given again, with what follows.
   * @returns whether something in it would be changed.
   */
  look(text: string, until: number): boolean;
}

export interface RewriteOptions {
  /** Only give everything to the edit; change nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** The lease by which the caller holds the session. Default: none. */
  readonly lease?: string | undefined;
}

/** What a rewriting did, or would do. */
export interface Rewritten {
  /** The session's current revision; 0 when it is in the trash only. */
  readonly revision: number;
  /** Commits, of all lives, in which something was changed. */
  readonly commits: number;
  /** Files that had been set aside and were given up. */
  readonly files: readonly string[];
  /** Something was changed, or what a crash left of an earlier rewriting was finished. */
  readonly isChanged: boolean;
  /** An earlier rewriting may have been cut short. To do it, which may change nothing, finishes that one. */
  readonly mayBeUnfinished?: boolean | undefined;
}

/** Side items through an edit, and whether one changed. */
export function editedSide(
  edit: SessionEdit,
  side: readonly (readonly [list: string, item: Json])[],
): { readonly side: (readonly [list: string, item: Json])[]; readonly isChanged: boolean } {
  let isChanged = false;
  const edited = side.map(([list, item]) => {
    const after = [edit.text(list), edit.item(list, item)] as const;
    if (after[0] !== list || after[1] !== item) isChanged = true;
    return after;
  });
  return { side: edited, isChanged };
}
