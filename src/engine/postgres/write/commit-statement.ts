import { EMPTY_HEAD } from "../../../session/head.ts";
import { jsonText } from "../../../session/json.ts";
import type { Durability } from "../../contract.ts";
import type { CommitDraft } from "./commit-draft.ts";
import { shapeOf, type CommitInput, type CommitShape, type SpliceState } from "./commit-shape.ts";
import { assignments } from "../schema/head-columns.ts";
import { Template, type ParamType, type ParamValue, type Sql } from "../statement.ts";
import { sealOf, type Sealed } from "../schema/commit-seal.ts";
import { NOW, THIS_TRANSACTION, type Tables } from "../schema/tables.ts";
import { FLUSH } from "./flush.ts";

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
      template = new CommitTemplate(this.#tables, shape);
      this.#templates.set(key, template);
    }
    return template.of(input);
  }
}

type Column = [name: string, value: string];
type Part = [name: string, sql: string];

/** The statement of all commits of one shape. It sees no values: what is one becomes a param. */
class CommitTemplate extends Template<CommitInput> {
  readonly #tables: Tables;
  readonly #shape: CommitShape;
  // Params that stand in several places.
  readonly #tenant: string;
  readonly #id: string;
  readonly #inserted: string;
  readonly #tag: string;
  readonly #bytes: string;
  readonly #items: string;

  constructor(tables: Tables, shape: CommitShape) {
    super();
    this.#tables = tables;
    this.#shape = shape;
    this.#tenant = this.param(() => tables.tenant, "text");
    this.#id = this.#draftParam(({ id }) => id, "uuid");
    this.#inserted = this.#draftParam(({ inserted }) => inserted, "bigint");
    this.#tag = this.#draftParam(({ tag }) => tag, "uuid");
    this.#bytes = this.#draftParam(({ bytes }) => bytes, "bigint");
    this.#items = shape.hasItems ? this.#draftParam(({ side }) => side.length, "bigint") : "0";
    const parts = [...(shape.creates ? this.#created() : this.#advanced()), ...this.#added()];
    this.text = `with ${parts.map(([name, part]) => `${name} as (${part})`).join(",\n")}
      select revision, updated_ms, message_count, ${FLUSH[shape.durability]} from moved`;
  }

  #draftParam(value: (draft: CommitDraft) => ParamValue, type: ParamType): string {
    return this.param(({ draft }) => value(draft), type);
  }

  /** A param of a commit that finds the session as its state says. */
  #stateParam(value: (state: SpliceState) => ParamValue, type: ParamType): string {
    return this.param(({ state }) => (state === undefined ? null : value(state)), type);
  }

  #assignments(table: "sessions" | "heads"): Column[] {
    return assignments(table, this.#shape.fields, (value, type) =>
      this.param(({ head }) => value(head), type),
    );
  }

  #created(): Part[] {
    const { hasTime, inserts } = this.#shape;
    const session: Column[] = [
      ["tenant", this.#tenant],
      ["id", this.#id],
      // Random, and never another session's.
      ["life", this.#tag],
      ["revision", "1"],
      ["tag", this.#tag],
      ["updated_ms", hasTime ? this.#time() : NOW],
      ["next_slot", this.#inserted],
      ["next_item", this.#items],
      ["runs", inserts ? `array[0, ${this.#inserted}]` : "array[]::bigint[]"],
      ["message_count", this.#inserted],
      ["bytes", this.#bytes],
      [
        "token_count",
        this.#draftParam(({ commit }) => (commit.set?.tokenCount ?? 0) + (commit.addTokens ?? 0), "bigint"),
      ],
      ["preview", this.#draftParam(({ preview }) => preview?.text ?? null, "text")],
      ["preview_position", this.#draftParam(({ preview }) => preview?.index ?? null, "bigint")],
      ...this.#assignments("sessions"),
    ];
    const heads: Column[] = [
      ["tenant", this.#tenant],
      ["life", "moved.life"],
      ["id", "moved.id"],
      ...this.#assignments("heads"),
    ];
    const activity: Column[] = [
      ["tenant", this.#tenant],
      ["id", "moved.id"],
      ["life", "moved.life"],
      ["listed", "true"],
      ...this.#activity(),
    ];
    const { sessions, heads: table } = this.#tables;
    return [
      [
        "moved",
        `insert into ${sessions} (${names(session)}) values (${values(session)})
          on conflict (tenant, id, removed_ms) do nothing
          returning ${RETURNED}`,
      ],
      ["headed", `insert into ${table} (${names(heads)}) select ${values(heads)} from moved`],
      [
        "active",
        `insert into ${this.#tables.activity} (${names(activity)}) select ${values(activity)} from moved`,
      ],
    ];
  }

  #activity(): Column[] {
    return [
      ["updated_ms", "moved.updated_ms"],
      ["stored_ms", this.#shape.hasTime ? NOW : "null"],
      ["changed_by", THIS_TRANSACTION],
    ];
  }

  #advanced(): Part[] {
    const { hasTime, inserts, hasItems, isAtState } = this.#shape;
    const updates: Column[] = [
      ["revision", "s.revision + 1"],
      ["tag", this.#tag],
      ["updated_ms", `greatest(s.updated_ms, ${hasTime ? this.#time() : NOW})`],
      ...this.#tokenCount(),
      ...this.#assignments("sessions"),
    ];
    if (inserts) {
      updates.push(["next_slot", `s.next_slot + ${this.#inserted}`], ["bytes", `s.bytes + ${this.#bytes}`]);
    }
    if (hasItems) updates.push(["next_item", `s.next_item + ${this.#items}`]);
    if (isAtState) updates.push(...this.#spliced());
    else if (inserts) updates.push(...this.#appended());
    const { sessions, heads: table } = this.#tables;
    const parts: Part[] = [
      [
        "moved",
        `update ${sessions} s set ${assigned(updates)} where ${this.#conditions().join(" and ")}
          returning ${RETURNED}`,
      ],
      [
        "active",
        `update ${this.#tables.activity} a set ${assigned(this.#activity())} from moved
          where a.tenant = ${this.#tenant} and a.id = ${this.#id} and a.life = moved.life`,
      ],
    ];
    const heads = this.#assignments("heads");
    if (heads.length > 0) {
      const where = `h.tenant = ${this.#tenant} and h.life = (select life from moved)`;
      parts.push(["headed", `update ${table} h set ${assigned(heads)} where ${where}`]);
    }
    return parts;
  }

  /** Where the commit expects the session. */
  #conditions(): string[] {
    const { isAtState, hasBase, hasBaseTag, hasStart } = this.#shape;
    const found = [`s.tenant = ${this.#tenant}`, `s.id = ${this.#id}`, "s.removed_ms = 0"];
    if (isAtState) {
      found.push(`s.revision = ${this.#stateParam(({ revision }) => revision, "bigint")}`);
      found.push(`s.tag::text = ${this.#stateParam(({ tag }) => tag, "text")}`);
      return found;
    }
    if (hasBase) {
      found.push(`s.revision = ${this.#draftParam(({ commit }) => commit.base ?? null, "bigint")}`);
    }
    if (hasBaseTag) {
      found.push(`s.tag::text = ${this.#draftParam(({ commit }) => commit.baseTag ?? null, "text")}`);
    }
    if (hasStart) {
      const start = this.#draftParam(({ commit }) => commit.splice?.[0] ?? null, "bigint");
      found.push(`s.message_count <= ${start}`);
    }
    return found;
  }

  #time(): string {
    return this.#draftParam(({ at }) => at ?? null, "bigint");
  }

  #tokenCount(): Column[] {
    const { setsTokens, addsTokens } = this.#shape;
    if (!setsTokens && !addsTokens) return [];
    const before = setsTokens
      ? this.#draftParam(({ commit }) => commit.set?.tokenCount ?? null, "bigint")
      : "s.token_count";
    const added = (): string => this.#draftParam(({ commit }) => commit.addTokens ?? null, "bigint");
    return [["token_count", addsTokens ? `${before} + ${added()}` : before]];
  }

  /** The last stretch grows, or a new one begins behind it. */
  #appended(): Column[] {
    const inserted = this.#inserted;
    const last = "s.runs[cardinality(s.runs)]";
    const updates: Column[] = [
      ["message_count", `s.message_count + ${inserted}`],
      [
        "runs",
        `case when ${last} = s.next_slot then s.runs[:cardinality(s.runs) - 1] || (s.next_slot + ${inserted})
          else s.runs || array[s.next_slot, s.next_slot + ${inserted}] end`,
      ],
    ];
    if (this.#shape.hasPreview) {
      const position = this.#draftParam(({ preview }) => preview?.index ?? null, "bigint");
      updates.push(["preview", this.#draftParam(({ preview }) => preview?.text ?? null, "text")]);
      updates.push(["preview_position", `s.message_count + ${position}`]);
    }
    return updates;
  }

  #spliced(): Column[] {
    const runs = this.#stateParam((state) => state.runs.join(","), "text");
    return [
      ["message_count", this.#stateParam(({ messageCount }) => messageCount, "bigint")],
      ["runs", `string_to_array(${runs}, ',')::bigint[]`],
      ["preview", this.#stateParam(({ preview }) => preview?.text ?? null, "text")],
      ["preview_position", this.#stateParam(({ preview }) => preview?.index ?? null, "bigint")],
    ];
  }

  /** The commit, its messages and its side items. */
  #added(): Part[] {
    const { splices, inserts, hasItems, hasOperation, hasOperationId, hasChanges } = this.#shape;
    const { setsTokens, addsTokens } = this.#shape;
    // What most commits do not have is no param: each is work for the client and the server.
    const given = (isGiven: boolean, value: (draft: CommitDraft) => ParamValue): string =>
      isGiven ? this.#draftParam(value, "text") : "null";
    const [start, deleteCount] = splices ? this.#place() : ["null::bigint", "null::bigint"];
    const sealed: Record<Sealed, string> = {
      life: "moved.life",
      revision: "moved.revision",
      tag: this.#tag,
      at_ms: "moved.updated_ms",
      operation: hasOperation ? this.#draftParam(({ operation }) => operation, "uuid") : "null::uuid",
      operation_id: given(hasOperationId, ({ operationId }) => operationId),
      fingerprint: given(hasOperationId, ({ fingerprint }) => fingerprint),
      start,
      delete_count: deleteCount,
      first_slot: splices ? `moved.next_slot - ${this.#inserted}` : "null::bigint",
      inserted: this.#inserted,
      checksum: this.#draftParam(({ checksum }) => checksum, "bigint"),
      bytes: this.#bytes,
      changes: given(hasChanges, ({ changes }) => changes),
      sets_tokens: String(setsTokens || addsTokens),
      token_count: "moved.token_count",
      message_count: "moved.message_count",
      first_item: hasItems ? `moved.next_item - ${this.#items}` : "null::bigint",
      items: hasItems ? this.#items : "null::bigint",
    };
    const commit: Column[] = [
      ["tenant", this.#tenant],
      ...Object.entries(sealed),
      ["seal", sealOf((column) => sealed[column])],
    ];
    const parts: Part[] = [];
    if (hasItems) {
      const lists = this.#linesParam(({ side }) => side.map(([list]) => jsonText(list)).join("\n"));
      const items = this.#linesParam(({ side }) => side.map(([, item]) => jsonText(item)).join("\n"));
      parts.push([
        "listed",
        `insert into ${this.#tables.sideItems} (tenant, life, number, list, body)
          select ${this.#tenant}, moved.life, moved.next_item - ${this.#items} + line.number - 1, line.list, line.body
          from moved, unnest(${lists}, ${items}) with ordinality as line(list, body, number)`,
      ]);
    }
    parts.push([
      "noted",
      `insert into ${this.#tables.commits} (${names(commit)}) select ${values(commit)} from moved`,
    ]);
    if (inserts) {
      parts.push([
        "added",
        `insert into ${this.#tables.messages} (tenant, life, slot, body)
          select ${this.#tenant}, moved.life, moved.next_slot - ${this.#inserted} + line.number - 1, line.body
          from moved, unnest(${this.#linesParam(({ bodies }) => bodies)}) with ordinality as line(body, number)`,
      ]);
    }
    return parts;
  }

  /** Where the splice begins, and how many messages it removes. */
  #place(): [string, string] {
    const { creates, isAtState } = this.#shape;
    if (creates) return ["0::bigint", "0::bigint"];
    if (!isAtState) return [`moved.message_count - ${this.#inserted}`, "0::bigint"];
    return [
      this.#stateParam(({ start }) => start, "bigint"),
      this.#stateParam(({ deleteCount }) => deleteCount, "bigint"),
    ];
  }

  /** Texts without line breaks, as an array. */
  #linesParam(lines: (draft: CommitDraft) => string): string {
    return `string_to_array(${this.#draftParam(lines, "text")}, E'\\n')`;
  }
}

const RETURNED = "id, life, revision, updated_ms, next_slot, next_item, message_count, token_count";

function names(columns: readonly Column[]): string {
  return columns.map(([name]) => name).join(", ");
}

function values(columns: readonly Column[]): string {
  return columns.map(([, value]) => value).join(", ");
}

function assigned(columns: readonly Column[]): string {
  return columns.map(([name, value]) => `${name} = ${value}`).join(", ");
}
