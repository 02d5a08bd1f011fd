import { quoted } from "../statement.ts";

/** Whose sessions, and in which schema: what every statement names. */
export class Tables {
  readonly schema: string;
  readonly tenant: string;
  readonly sessions: string;
  readonly heads: string;
  readonly activity: string;
  readonly messages: string;
  readonly commits: string;
  readonly words: string;
  readonly sideItems: string;
  readonly indexed: string;
  readonly leases: string;
  readonly removals: string;
  readonly #prefix: string;

  constructor(schema: string, tenant: string) {
    this.schema = schema;
    this.tenant = tenant;
    const prefix = quoted(schema);
    this.sessions = `${prefix}.sessions`;
    this.heads = `${prefix}.heads`;
    this.activity = `${prefix}.activity`;
    this.messages = `${prefix}.messages`;
    this.commits = `${prefix}.commits`;
    this.words = `${prefix}.words`;
    this.sideItems = `${prefix}.side_items`;
    this.indexed = `${prefix}.indexed`;
    this.leases = `${prefix}.leases`;
    this.removals = `${prefix}.removals`;
    this.#prefix = prefix;
  }

  /** A function of the schema. */
  finder(name: Finder): string {
    return `${this.#prefix}.${name}`;
  }
}

/** The functions that find by an index what the planner would not (`0008-finders.sql`, `0011-finder-of-parents.sql`). */
export type Finder =
  | "words_found"
  | "titles_found"
  | "heads_of_tag"
  | "heads_of_user"
  | "heads_of_model"
  | "heads_of_workspace_path"
  | "heads_of_workspace_id"
  | "heads_of_parent"
  | "changed_between"
  | "changes_between"
  | "changes_of";

/** The server's clock in milliseconds: one clock for all machines. */
export const NOW = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** The transaction that runs the statement, as `activity.changed_by` has it. */
export const THIS_TRANSACTION = "pg_current_xact_id()::text::bigint";
