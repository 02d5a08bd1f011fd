import { randomUUID } from "node:crypto";
import { StoreClosedError } from "../../../session/errors/errors.ts";
import { jsonText } from "../../../session/json/json.ts";
import { LeaseHeldError } from "../../../session/errors/lease-errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { checkedBy, type EngineLease, type LeaseOptions } from "../../lease.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { leaseOf } from "../read/held.ts";
import { timeOf } from "../row.ts";
import { NOW, type Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";
import { FLUSH } from "./flush.ts";

/**
 * The leases that this engine holds: rows that it renews. One that is not renewed in time, by the server's clock, is lost
 * for good, whether someone else takes the session or not.
 */
export class Leases {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #duration: number;
  readonly #held = new Set<EngineLease>();
  #isClosed = false;

  /** @param duration how long, in milliseconds, a lease holds that is not renewed. */
  constructor(connection: Connection, tables: Tables, duration: number) {
    this.#connection = connection;
    this.#tables = tables;
    this.#duration = duration;
  }

  /** @throws {LeaseHeldError} when it is held, and is not to be taken over. */
  async take(id: SessionId, options: LeaseOptions): Promise<EngineLease> {
    const by = checkedBy(options);
    const token = randomUUID();
    const since = await this.#connection.write(
      `hold session ${id}`,
      (attempt) => this.#insert(attempt, id, token, by, options.takeOver === true),
      id,
    );
    // The row runs out by itself.
    if (this.#isClosed) throw new StoreClosedError();
    const renewing = this.#renewing(id, token);
    let released: Promise<void> | undefined;
    const lease: EngineLease = {
      ...{ by, since, token },
      release: () => {
        clearInterval(renewing);
        this.#held.delete(lease);
        return (released ??= this.#delete(id, token));
      },
    };
    this.#held.add(lease);
    return lease;
  }

  /** @returns since when it is held. */
  async #insert(
    attempt: Attempt,
    id: SessionId,
    token: string,
    by: string,
    takesOver: boolean,
  ): Promise<string> {
    for (;;) {
      const statement = new Statement();
      const tenant = statement.param(this.#tables.tenant, "text");
      const values = [tenant, statement.param(id, "uuid"), statement.param(token, "uuid")];
      values.push(statement.param(jsonText(by), "text"), NOW, this.#expiry(statement));
      // A try before this one may have stored it.
      const isFree = takesOver ? "true" : `l.expires_ms <= ${NOW} or l.token = excluded.token`;
      const text = `with taken as (
          insert into ${this.#tables.leases} as l (tenant, id, token, held_by, since_ms, expires_ms)
          values (${values.join(", ")})
          on conflict (tenant, id) do update set token = excluded.token, held_by = excluded.held_by,
            since_ms = excluded.since_ms, expires_ms = excluded.expires_ms where ${isFree}
          returning since_ms
        ) select since_ms, ${FLUSH.disk} from taken`;
      const [row] = await attempt.send({ text, params: statement.params });
      if (row !== undefined) return timeOf(row, "since_ms");
      const held = await leaseOf(attempt, this.#tables, id);
      if (held !== undefined) throw new LeaseHeldError(id, held);
    }
  }

  /** Until it is lost. What fails is tried again; that it was too late shows then. */
  #renewing(id: SessionId, token: string): NodeJS.Timeout {
    let isRenewing = false;
    const renew = async (): Promise<void> => {
      if (isRenewing) return;
      isRenewing = true;
      try {
        if (!(await this.#renew(id, token))) clearInterval(timer);
      } catch {
        // Whoever writes under the lease is told.
      } finally {
        isRenewing = false;
      }
    };
    const timer = setInterval(() => void renew(), this.#duration / 3).unref();
    return timer;
  }

  async #renew(id: SessionId, token: string): Promise<boolean> {
    return await this.#connection.write(`renew the lease on session ${id}`, async (attempt) => {
      const statement = new Statement();
      const expiry = this.#expiry(statement);
      const text = `with renewed as (
          update ${this.#tables.leases} set expires_ms = ${expiry}
          where ${this.#isOwn(statement, id, token)} and expires_ms > ${NOW} returning id
        ) select id, ${FLUSH.process} from renewed`;
      return (await attempt.send({ text, params: statement.params })).length > 0;
    });
  }

  async #delete(id: SessionId, token: string): Promise<void> {
    await this.#connection.write(`release session ${id}`, async (attempt) => {
      const statement = new Statement();
      const text = `with released as (
          delete from ${this.#tables.leases} where ${this.#isOwn(statement, id, token)} returning id
        ) select id, ${FLUSH.process} from released`;
      await attempt.send({ text, params: statement.params });
    });
  }

  #expiry(statement: Statement): string {
    return `${NOW} + ${statement.param(this.#duration, "bigint")}`;
  }

  #isOwn(statement: Statement, id: SessionId, token: string): string {
    const tenant = statement.param(this.#tables.tenant, "text");
    return `tenant = ${tenant} and id = ${statement.param(id, "uuid")} and token = ${statement.param(token, "uuid")}`;
  }

  /** Gives back every lease; one that cannot be given back runs out by itself. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#held].map((lease) => lease.release()));
  }
}
