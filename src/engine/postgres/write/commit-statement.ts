import { EMPTY_HEAD } from "../../../session/head.ts";
import type { Durability } from "../../contract.ts";
import type { Tables } from "../schema/tables.ts";
import type { Sql } from "../statement.ts";
import { addedParts } from "./added-parts.ts";
import type { CommitDraft } from "./commit-draft.ts";
import { shapeOf, type CommitInput, type CommitShape, type SpliceState } from "./commit-shape.ts";
import { CommitTemplate } from "./commit-template.ts";
import { FLUSH } from "./flush.ts";
import { advancedParts, createdParts } from "./session-parts.ts";

/**
 * A commit is one statement, so one round trip and one transaction: it moves the session's row on if that is where the
 * commit expects it, and inserts the messages and the commit from the row that it moved. Where no row moved, nothing is
 * stored and no row comes back. A repeated operation breaks the unique key of `commits`, and nothing is stored either.
 *
 * The text is made once for all commits of one shape: to make it takes longer than to encode a turn.
 */
export class CommitStatements {
  readonly #tables: Tables;
  readonly #templates = new Map<string, CommitTemplate>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** A commit that creates its session. */
  create(draft: CommitDraft, durability: Durability): Sql {
    return this.#of({ draft, state: undefined, head: { ...EMPTY_HEAD, ...draft.set } }, true, durability);
  }

  /**
   * A commit on a session that exists: an append, on the commit's base or on whatever is current; with `state`, any
   * splice, on exactly that state.
   */
  advance(draft: CommitDraft, durability: Durability, state?: SpliceState): Sql {
    return this.#of({ draft, state, head: draft.set }, false, durability);
  }

  #of(input: CommitInput, creates: boolean, durability: Durability): Sql {
    const shape = shapeOf(input, creates, durability);
    const key = JSON.stringify(shape);
    let template = this.#templates.get(key);
    if (template === undefined) {
      template = templateOf(this.#tables, shape);
      this.#templates.set(key, template);
    }
    return template.of(input);
  }
}

function templateOf(tables: Tables, shape: CommitShape): CommitTemplate {
  const template = new CommitTemplate(tables, shape);
  const session = shape.creates ? createdParts(template) : advancedParts(template);
  const parts = [...session, ...addedParts(template)];
  template.text = `with ${parts.map(([name, part]) => `${name} as (${part})`).join(",\n")}
      select revision, updated_ms, message_count, ${FLUSH[shape.durability]} from moved`;
  return template;
}
