import type { Commit, Committed } from "../session/commit.ts";
import type { SessionId } from "../session/session-id.ts";

/** A session that is not there yet, and the commit that it begins with. */
export interface NewSession {
  readonly id: SessionId;
  /** Its `base` is 0. */
  readonly commit: Commit;
}

/**
 * What became of it: what was committed, or why it was not. `undefined`: nothing was stored, since something of this id
 * is there already or may be; `commit` tells.
 */
export type Created = PromiseSettledResult<Committed | undefined>;
