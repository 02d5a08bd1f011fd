import { InvalidArgumentError } from "../../../../session/errors/errors.ts";

/** How to connect to the server of a URL. */
export interface ConnectOptions {
  readonly url: string;
  /** Connections at most, beside one per host that asks which is the primary. */
  readonly connections: number;
  /** Name statements, so that the server plans them once per connection. */
  readonly prepare: boolean;
  /** How long an attempt to connect may take, in milliseconds. */
  readonly connectTimeout: number;
}

/** Where a server listens: a name or an IP address, or the folder of its socket. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

/** A PostgreSQL URL in parts. */
export interface Address {
  readonly hosts: readonly Host[];
  readonly user: string | undefined;
  readonly database: string | undefined;
  /** What follows the question mark, but for hosts and ports. */
  readonly params: URLSearchParams;
  /** The URL of one host alone. */
  urlOf(host: Host): string;
}

export function nameOf({ host, port }: Host): string {
  return host.includes(":") ? `[${host}]:${port}` : host.startsWith("/") ? host : `${host}:${port}`;
}

const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const HOST = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]*))(?::(\d{1,5}))?$/i;
/** What is of no use to the driver: the engine sees to it. */
const DROPPED = ["host", "port", "target_session_attrs", "load_balance_hosts"];

/**
 * Takes a URL apart: one host or several, names, IPv6 addresses in brackets, folders of sockets (`?host=/run/postgresql`,
 * or percent-encoded where the host stands).
 * @throws {InvalidArgumentError} that repeats nothing of the URL: a password may stand where another part is looked for.
 */
export function parseAddress(url: string): Address {
  const [, userinfo, authority = "", path = "", query = ""] = URL_PARTS.exec(url) ?? [];
  if (!URL_PARTS.test(url)) throw unreadable("it has not the form of one");
  const [name, ...password] = userinfo?.split(":") ?? [];
  const user = name === undefined || name === "" ? undefined : decoded(name, "the user");
  const secret = password.length === 0 ? undefined : decoded(password.join(":"), "the password");
  if (path.includes("@") || path.includes("/")) throw unreadable("the name of the database is not one");
  const database = path === "" ? undefined : decoded(path, "the name of the database");
  const params = new URLSearchParams(query);
  const hosts = hostsOf(authority, params.get("host"), params.get("port"));
  for (const dropped of DROPPED) params.delete(dropped);
  // What sslmode means elsewhere: "require" encrypts, and verifies nothing unless it is told by what.
  const driver = new URLSearchParams(params);
  if (driver.has("sslmode") && !driver.has("uselibpqcompat")) driver.set("uselibpqcompat", "true");
  return {
    ...{ hosts, user, database, params },
    urlOf({ host, port }) {
      const encoded = (text: string | undefined): string => encodeURIComponent(text ?? "");
      const login =
        user === undefined ? "" : `${encoded(user)}${secret === undefined ? "" : `:${encoded(secret)}`}@`;
      const isFolder = host.startsWith("/");
      const place = isFolder ? "localhost" : host.includes(":") ? `[${host}]` : host;
      const own = new URLSearchParams(driver);
      if (isFolder) own.set("host", host);
      const rest = own.size === 0 ? "" : `?${String(own).replaceAll("+", "%20")}`;
      return `postgres://${login}${place}:${port}/${encoded(database)}${rest}`;
    },
  };
}

function hostsOf(authority: string, hostParam: string | null, portParam: string | null): Host[] {
  const ports = portParam === null ? [] : portParam.split(",");
  const port = (text: string | undefined): number => {
    if (text === undefined || text === "") return Number(process.env["PGPORT"] ?? 5432);
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > 65_535) throw unreadable("a port is none");
    return number;
  };
  if (hostParam !== null && hostParam !== "") {
    return hostParam
      .split(",")
      .map((host, index) => ({ host, port: port(ports.length === 1 ? ports[0] : ports[index]) }));
  }
  return authority.split(",").map((one, index) => {
    const [whole, six, host, its] = HOST.exec(one) ?? [];
    if (whole === undefined) throw unreadable("a host is none");
    const given = six ?? decoded(host ?? "", "a host");
    const name = given === "" ? (process.env["PGHOST"] ?? "localhost") : given;
    return { host: name, port: port(its ?? (ports.length === 1 ? ports[0] : ports[index])) };
  });
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable(`${what} is not percent-encoded as it must be`);
  }
}

function unreadable(why: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `The URL of the PostgreSQL server cannot be read: ${why}. It looks like ` +
      "postgres://user:password@host:5432/database?schema=…; in a user, a password or a name, characters such as " +
      "@ : / ? # % are percent-encoded.",
  );
}
