import { quoted } from "./statement.ts";

/** Whose sessions, and in which schema: what every statement names. */
export class Tables {
  readonly schema: string;
  readonly tenant: string;
  readonly sessions: string;
  readonly heads: string;
  readonly messages: string;
  readonly commits: string;
  readonly words: string;
  readonly sideItems: string;
  readonly indexed: string;

  constructor(schema: string, tenant: string) {
    this.schema = schema;
    this.tenant = tenant;
    const prefix = quoted(schema);
    this.sessions = `${prefix}.sessions`;
    this.heads = `${prefix}.heads`;
    this.messages = `${prefix}.messages`;
    this.commits = `${prefix}.commits`;
    this.words = `${prefix}.words`;
    this.sideItems = `${prefix}.side_items`;
    this.indexed = `${prefix}.indexed`;
  }
}

/** The server's clock in milliseconds: one clock for all machines. */
export const NOW = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint";
