import type { HeadChanges, HeadField } from "../../../session/head.ts";
import type { Durability } from "../../contract.ts";
import type { CommitDraft } from "./commit-draft.ts";
import type { Runs } from "../read/runs.ts";

/** What a splice that is no append needs to know of the session: the commit is refused if it is no longer so. */
export interface SpliceState {
  readonly revision: number;
  readonly tag: string;
  readonly start: number;
  readonly deleteCount: number;
  readonly messageCount: number;
  readonly runs: Runs;
  readonly preview: CommitDraft["preview"];
}

/** What the params of a commit's statement are taken from. */
export interface CommitInput {
  readonly draft: CommitDraft;
  readonly state: SpliceState | undefined;
  /** The fields that get a value, but for the token count. */
  readonly head: HeadChanges;
}

/** What the text of a commit's statement is made from: no value, so that there are few. */
export interface CommitShape {
  readonly durability: Durability;
  /** The commit creates its session. */
  readonly creates: boolean;
  /** The session must be as the input's state says. */
  readonly isAtState: boolean;
  /** The commit says on which revision it is based, on which tag, and at which position it inserts. */
  readonly hasBase: boolean;
  readonly hasBaseTag: boolean;
  readonly hasStart: boolean;
  /** It says when it happened. */
  readonly hasTime: boolean;
  readonly setsTokens: boolean;
  readonly addsTokens: boolean;
  readonly fields: readonly HeadField[];
  readonly splices: boolean;
  readonly inserts: boolean;
  readonly hasItems: boolean;
  readonly hasPreview: boolean;
  /** It names an operation, or builds on whatever is current. */
  readonly hasOperation: boolean;
  readonly hasOperationId: boolean;
  readonly hasChanges: boolean;
  /** It is made under a lease. */
  readonly isLeased: boolean;
}

export function shapeOf(
  { draft, state, head }: CommitInput,
  creates: boolean,
  durability: Durability,
): CommitShape {
  const { commit } = draft;
  return {
    durability,
    creates,
    isAtState: state !== undefined,
    hasBase: commit.base !== undefined,
    hasBaseTag: commit.baseTag !== undefined,
    hasStart: typeof commit.splice?.[0] === "number",
    hasTime: draft.at !== undefined,
    setsTokens: commit.set?.tokenCount !== undefined,
    addsTokens: commit.addTokens !== undefined,
    fields: Object.keys(head) as HeadField[],
    splices: commit.splice !== undefined,
    inserts: draft.inserted > 0,
    hasItems: draft.side.length > 0,
    hasPreview: draft.preview !== undefined,
    hasOperation: draft.operation !== draft.tag,
    hasOperationId: draft.operationId !== null,
    hasChanges: draft.changes !== null,
    isLeased: commit.lease !== undefined,
  };
}
