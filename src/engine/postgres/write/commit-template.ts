import { assignments } from "../schema/head-columns.ts";
import type { Tables } from "../schema/tables.ts";
import { Template, type ParamType, type ParamValue } from "../statement.ts";
import type { Column } from "../columns.ts";
import type { CommitDraft } from "./commit-draft.ts";
import type { CommitInput, CommitShape, SpliceState } from "./commit-shape.ts";

/** A part of a commit's statement: what it writes to one table. */
export type Part = readonly [name: string, sql: string];

/** The statement of all commits of one shape, and what its parts have in common. It sees no values: what is one becomes a param. */
export class CommitTemplate extends Template<CommitInput> {
  readonly tables: Tables;
  readonly shape: CommitShape;
  // Params that stand in several places.
  readonly tenant: string;
  readonly id: string;
  readonly inserted: string;
  readonly tag: string;
  readonly bytes: string;
  readonly items: string;

  constructor(tables: Tables, shape: CommitShape) {
    super();
    this.tables = tables;
    this.shape = shape;
    this.tenant = this.param(() => tables.tenant, "text");
    this.id = this.draftParam(({ id }) => id, "uuid");
    this.inserted = this.draftParam(({ inserted }) => inserted, "bigint");
    this.tag = this.draftParam(({ tag }) => tag, "uuid");
    this.bytes = this.draftParam(({ bytes }) => bytes, "bigint");
    this.items = shape.hasItems ? this.draftParam(({ side }) => side.length, "bigint") : "0";
  }

  draftParam(value: (draft: CommitDraft) => ParamValue, type: ParamType): string {
    return this.param(({ draft }) => value(draft), type);
  }

  /** A param of a commit that finds the session as its state says. */
  stateParam(value: (state: SpliceState) => ParamValue, type: ParamType): string {
    return this.param(({ state }) => (state === undefined ? null : value(state)), type);
  }

  /** Texts without line breaks, as an array. */
  linesParam(lines: (draft: CommitDraft) => string): string {
    return `string_to_array(${this.draftParam(lines, "text")}, E'\\n')`;
  }

  /** The fields that the commit sets, as columns of a table. */
  assignments(table: "sessions" | "heads"): Column[] {
    return assignments(table, this.shape.fields, (value, type) =>
      this.param(({ head }) => value(head), type),
    );
  }

  /** When the commit says that it happened. */
  time(): string {
    return this.draftParam(({ at }) => at ?? null, "bigint");
  }
}
