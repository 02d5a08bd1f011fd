import type { SessionSummary } from "../../../../session/summary/summary.ts";
import type { ListPage, ListQuery, Unreadable } from "../../../contract.ts";
import {
  checkLimit,
  comparePositions,
  filterOf,
  orderOf,
  positionOf,
  readCursor,
  writeCursor,
  type Order,
  type Position,
} from "../../../list-query.ts";
import type { Row } from "../../client.ts";
import type { Connection } from "../../connection/connection.ts";
import { numberOf, textOf } from "../../row.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement, type Sql } from "../../statement.ts";
import { candidatesOf, filtersOf, timesOf } from "./list-filters.ts";
import { joinHeld } from "../held.ts";
import type { Condition } from "../snapshot.ts";
import {
  LISTED_OF_HEADS,
  LISTED_OF_SESSIONS,
  Shared,
  SUMMARY_COLUMNS,
  summaryOrUnreadable,
} from "./summaries.ts";

/** Sessions that one statement fetches at most, however many are asked for. */
const PAGE = 1000;
/** Of so many sessions, in the order of the listing, a page is made first: most filters let enough of them through. */
const FIRST = 200;
/** So many sessions are sorted; when a filter lets through more, the listing is read in its order until it is full. */
const FEW = 2000;

/**
 * A page of summaries. The database narrows and orders; what it cannot compare exactly (a title's part, say) is
 * checked here, and the next rows are fetched if that leaves a page short.
 */
export async function listSessions(
  connection: Connection,
  tables: Tables,
  query: ListQuery,
): Promise<ListPage> {
  const { limit } = query;
  checkLimit(limit);
  const order = orderOf(query);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, order);
  const listing = new Listing(connection, tables, query, order);
  return limit === undefined ? await listing.everything(after) : await listing.page(limit, after);
}

class Listing {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #query: ListQuery;
  readonly #order: Order;
  readonly #matches: (summary: SessionSummary) => boolean;
  readonly #shared = new Shared();
  readonly sessions: SessionSummary[] = [];
  readonly unreadable: Unreadable[] = [];

  constructor(connection: Connection, tables: Tables, query: ListQuery, order: Order) {
    this.#connection = connection;
    this.#tables = tables;
    this.#query = query;
    this.#order = order;
    this.#matches = filterOf(query);
  }

  async page(limit: number, after: Position | undefined): Promise<ListPage> {
    const candidates = candidatesOf(this.#tables, this.#query, FEW + 1);
    let few: Condition | undefined;
    if (candidates.length > 0 && limit < FIRST) {
      const rows = await this.#read(this.#orderedStatement(undefined, after, limit + 1, FIRST));
      after = this.#addAll(rows) ?? after;
      if (this.sessions.length <= limit) few = await this.#few(candidates);
    }
    for (;;) {
      if (this.sessions.length > limit) {
        this.sessions.length = limit;
        const last = this.sessions.at(-1);
        return this.#done(last && writeCursor(this.#order, positionOf(last, this.#order)));
      }
      // One more than the page holds tells whether there is another page.
      const wanted = Math.min(limit + 1 - this.sessions.length, PAGE);
      const rows = await this.#read(this.#orderedStatement(few, after, wanted));
      after = this.#addAll(rows) ?? after;
      if (rows.length < wanted && this.sessions.length <= limit) return this.#done(undefined);
    }
  }

  /**
   * All of them, in statements of bounded size: by id, which no commit changes, so that none is passed over because it
   * changed meanwhile; put in order here.
   */
  async everything(after: Position | undefined): Promise<ListPage> {
    const few = await this.#few(candidatesOf(this.#tables, this.#query, FEW + 1));
    let last: string | undefined;
    for (;;) {
      const rows = await this.#read(this.#walkStatement(few, last, after));
      for (const row of rows) {
        this.#add(row);
        last = textOf(row, "id");
      }
      if (rows.length < PAGE) break;
    }
    const placed = this.sessions.map((summary) => ({ summary, position: positionOf(summary, this.#order) }));
    placed.sort((left, right) => comparePositions(left.position, right.position));
    return { ...this.#done(undefined), sessions: placed.map(({ summary }) => summary) };
  }

  #done(nextCursor: string | undefined): ListPage {
    return { sessions: this.sessions, unreadable: this.unreadable, nextCursor };
  }

  #add(row: Row): void {
    const summary = summaryOrUnreadable(this.#tables, row, this.#shared);
    if ("error" in summary) this.unreadable.push(summary);
    else if (this.#matches(summary)) this.sessions.push(summary);
  }

  /** @returns where the last row stands. */
  #addAll(rows: readonly Row[]): Position | undefined {
    for (const row of rows) this.#add(row);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const column = this.#order === "updated" ? "updated_ms" : "created_ms";
    return { time: numberOf(last, column), id: textOf(last, "id") };
  }

  /** The shortest list of candidates that a filter leaves, if one leaves few. */
  async #few(candidates: readonly Condition[]): Promise<Condition | undefined> {
    if (candidates.length === 0) return undefined;
    const statement = new Statement();
    const counts = candidates.map(
      (candidate, index) => `(select count(*) from (${candidate(statement)}) counted) as count_${index}`,
    );
    const [row] = await this.#read({ text: `select ${counts.join(", ")}`, params: statement.params });
    let few: Condition | undefined;
    let least = FEW + 1;
    for (const [index, candidate] of candidates.entries()) {
      const count = row === undefined ? least : numberOf(row, `count_${index}`);
      if (count < least) [least, few] = [count, candidate];
    }
    return few;
  }

  /** The next rows in the order of the listing: of the candidates, else of all, or of the first so many. */
  #orderedStatement(
    few: Condition | undefined,
    after: Position | undefined,
    limit: number,
    first?: number,
  ): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const isByUpdate = this.#order === "updated";
    const conditions = filtersOf(this.#query, statement);
    const behind = (time: string, id: string): string[] => {
      if (after === undefined) return [];
      const at = statement.param(after.time, "bigint");
      return [`${time} <= ${at}`, `(${time} < ${at} or ${id} > ${statement.param(after.id, "uuid")})`];
    };
    let from: string;
    let [time, id] = isByUpdate ? ["a.updated_ms", "a.id"] : ["h.created_ms", "h.id"];
    if (few !== undefined) {
      id = "s.id";
      [from, time] = [this.#fromFew(few(statement), tenant), isByUpdate ? "s.updated_ms" : "h.created_ms"];
      conditions.push(...behind(time, id));
    } else {
      const narrowed = [...(isByUpdate ? timesOf(this.#query, time, statement) : []), ...behind(time, id)];
      const bounded = first === undefined ? "" : `order by ${time} desc, ${id} limit ${first}`;
      from = isByUpdate
        ? this.#fromActivity(tenant, narrowed, bounded)
        : this.#fromHeads(tenant, narrowed, bounded);
    }
    const text = `select ${SUMMARY_COLUMNS} from ${from} ${joinHeld(this.#tables, tenant)} where true ${conjoined(conditions)}
      order by ${time} desc, ${id} limit ${statement.param(limit, "bigint")}`;
    return { text, params: statement.params };
  }

  /** The next rows by id. */
  #walkStatement(few: Condition | undefined, last: string | undefined, after: Position | undefined): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const id = few === undefined ? "a.id" : "s.id";
    const conditions = filtersOf(this.#query, statement);
    const behind = last === undefined ? [] : [`${id} > ${statement.param(last, "uuid")}`];
    if (after !== undefined) {
      const time = this.#order === "updated" ? "s.updated_ms" : "h.created_ms";
      const at = statement.param(after.time, "bigint");
      conditions.push(
        `(${time} < ${at} or ${time} = ${at} and ${id} > ${statement.param(after.id, "uuid")})`,
      );
    }
    if (few !== undefined) conditions.push(...behind);
    const from =
      few === undefined ? this.#fromActivity(tenant, behind) : this.#fromFew(few(statement), tenant);
    const text = `select ${SUMMARY_COLUMNS} from ${from} ${joinHeld(this.#tables, tenant)} where true ${conjoined(conditions)}
      order by ${id} limit ${PAGE}`;
    return { text, params: statement.params };
  }

  // `limit 1` keeps the planner from joining whole tables, which it is tempted to as it cannot know that the keys belong
  // together.

  #fromActivity(tenant: string, conditions: readonly string[], bounded = ""): string {
    const { activity, sessions, heads } = this.#tables;
    return `(
        select id, life, updated_ms from ${activity} a
        where tenant = ${tenant} and listed ${conjoined(conditions)} ${bounded}
      ) a cross join lateral (
        select ${LISTED_OF_SESSIONS} from ${sessions}
        where tenant = ${tenant} and id = a.id and removed_ms = 0 and life = a.life limit 1
      ) s left join lateral (
        select ${LISTED_OF_HEADS} from ${heads} where tenant = ${tenant} and life = a.life limit 1
      ) h on true`;
  }

  #fromHeads(tenant: string, conditions: readonly string[], bounded: string): string {
    const { sessions, heads } = this.#tables;
    return `(
        select id, life, ${LISTED_OF_HEADS} from ${heads} h
        where tenant = ${tenant} ${conjoined(conditions)} ${bounded}
      ) h cross join lateral (
        select ${LISTED_OF_SESSIONS} from ${sessions}
        where tenant = ${tenant} and id = h.id and removed_ms = 0 and life = h.life limit 1
      ) s`;
  }

  #fromFew(few: string, tenant: string): string {
    const { sessions, heads } = this.#tables;
    return `(${few}) few cross join lateral (
        select id, ${LISTED_OF_HEADS} from ${heads} where tenant = ${tenant} and life = few.life limit 1
      ) h cross join lateral (
        select ${LISTED_OF_SESSIONS} from ${sessions}
        where tenant = ${tenant} and id = h.id and removed_ms = 0 and life = few.life limit 1
      ) s`;
  }

  async #read(sql: Sql): Promise<readonly Row[]> {
    return await this.#connection.read("list sessions", (attempt) => attempt.send(sql));
  }
}

function conjoined(conditions: readonly string[]): string {
  return conditions.map((condition) => `and ${condition}`).join(" ");
}
