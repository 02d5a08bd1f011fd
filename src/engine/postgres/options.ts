import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { nameOf, parseAddress } from "./connection/servers/address.ts";
import type { AnyPostgresClient } from "./connection/drivers/connect.ts";

/** What can be told to the engine; in a URL, as parameters of the same names. */
export interface PostgresSettings {
  /** The schema of the tables. Default: `astrid_sessions`. */
  readonly schema?: string | undefined;
  /** Whose sessions: the engine neither sees nor touches those of another tenant. Default: `default`. */
  readonly tenant?: string | undefined;
  /** Make the tables, or bring them to this version, on first use. Default: true. */
  readonly migrate?: boolean | undefined;
  /** How long a call may take in all, tries after a lost connection included, in milliseconds. Default: 30,000. */
  readonly patience?: number | undefined;
  /**
   * How long a session stays held (`lease`) whose owner has died or cannot be heard of, in milliseconds: longer than a
   * fail-over takes, or holders lose their sessions by it. Default: 30,000.
   */
  readonly leaseDuration?: number | undefined;
  /** Connections at most, for a URL. Default: 10. */
  readonly connections?: number | undefined;
  /**
   * Give statements names, for a URL, so that the server plans each once per connection. Default: true; false for a
   * pooler that gives each transaction another connection and knows no names (pgbouncer before 1.21).
   */
  readonly prepare?: boolean | undefined;
  /** Index the words of messages, soon after they were stored, so that they can be searched. Default: true. */
  readonly search?: boolean | undefined;
  /**
   * The URL of one standby or several (`postgres://user@b,c/database`): what may be behind (`mayBeBehind` of `load`, of
   * listings and of searches) is read there, while one answers. Default: none.
   */
  readonly replicas?: string | undefined;
  /** Tell watchers of other processes of a change at once (NOTIFY) instead of within half a second. Default: false. */
  readonly notify?: boolean | undefined;
}

export interface PostgresEngineOptions extends PostgresSettings {
  /** `postgres://user:password@host:port/database?schema=…`; several hosts, separated by commas, are one cluster. */
  readonly url?: string | undefined;
  /** Instead of a URL: a client of your own, which you close yourself. */
  readonly client?: AnyPostgresClient | undefined;
}

export type CheckedOptions = {
  readonly [S in keyof PostgresSettings]-?: Exclude<PostgresSettings[S], undefined>;
} & {
  /** Without what is meant for the engine. */
  readonly url: string | undefined;
  readonly client: AnyPostgresClient | undefined;
};

const DEFAULTS = {
  ...{ schema: "astrid_sessions", tenant: "default", migrate: true, patience: 30_000, connections: 10 },
  ...{ prepare: true, search: true, notify: false, replicas: "", leaseDuration: 30_000 },
} as const satisfies PostgresSettings;

/** @throws {InvalidArgumentError} */
export function checkedOptions({ url, client, ...given }: PostgresEngineOptions): CheckedOptions {
  if ((url === undefined) === (client === undefined)) {
    throw new InvalidArgumentError("The postgres engine needs either a url or a client.");
  }
  const split = url === undefined ? undefined : splitUrl(url);
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = { ...DEFAULTS, ...split?.settings, ...set } as Omit<CheckedOptions, "url" | "client">;
  for (const name of ["schema", "tenant"] as const) {
    const value = options[name];
    if (value === "" || !value.isWellFormed() || value.includes("\0") || Buffer.byteLength(value) > 63) {
      throw new InvalidArgumentError(
        `${name} must be a text of 1 to 63 bytes, not ${JSON.stringify(value)}.`,
      );
    }
  }
  for (const name of ["patience", "connections", "leaseDuration"] as const) {
    if (!(Number.isSafeInteger(options[name]) && options[name] >= 1)) {
      throw new InvalidArgumentError(
        `${name} must be a whole number from 1 up, not ${String(options[name])}.`,
      );
    }
  }
  if (split !== undefined) parseAddress(split.url);
  if (options.replicas !== "") parseAddress(options.replicas);
  return { ...options, url: split?.url, client };
}

const READERS = {
  schema: String,
  tenant: String,
  migrate: readBoolean,
  patience: Number,
  connections: Number,
  leaseDuration: Number,
  prepare: readBoolean,
  search: readBoolean,
  notify: readBoolean,
  replicas: String,
} as const satisfies Record<keyof PostgresSettings, (text: string) => unknown>;

/** A URL of several hosts is none to `URL`: only its query is taken apart here. */
function splitUrl(url: string): { url: string; settings: PostgresSettings } {
  const mark = url.indexOf("?");
  const [address, query] = mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
  const settings: Record<string, unknown> = {};
  const rest = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(READERS, name)) settings[name] = READERS[name as keyof typeof READERS](value);
    else rest.append(name, value);
  }
  return { url: rest.size === 0 ? address : `${address}?${String(rest)}`, settings };
}

function readBoolean(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError(`${JSON.stringify(text)} in the URL must be true or false.`);
}

/** Where the sessions are, for a person: no password. */
export function describeLocation({ url, schema, tenant }: CheckedOptions): string {
  const more = new URLSearchParams();
  if (schema !== DEFAULTS.schema) more.set("schema", schema);
  if (tenant !== DEFAULTS.tenant) more.set("tenant", tenant);
  const place = url === undefined ? "postgres:" : placeOf(url);
  return more.size === 0 ? place : `${place}?${String(more)}`;
}

function placeOf(url: string): string {
  const { hosts, user, database } = parseAddress(url);
  const login = user === undefined ? "" : `${encodeURIComponent(user)}@`;
  const path = database === undefined ? "" : `/${encodeURIComponent(database)}`;
  return `postgres://${login}${hosts.map(nameOf).join(",")}${path}`;
}
