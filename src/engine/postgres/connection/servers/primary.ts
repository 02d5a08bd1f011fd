import { NotSentError } from "../../client.ts";
import { nameOf, type Host } from "./address.ts";
import { inTime } from "../deadlines.ts";
import type { PgConnection, ServerState } from "../drivers/pg-connection.ts";
import { Sentinel } from "./sentinel.ts";
import type { Timeline } from "./timeline.ts";

/** So long an answer holds, in milliseconds, before all servers are asked again, and before that is waited for. */
const HOLDS = 1000;
const HOLDS_AT_MOST = 3000;
/** How long the first primary that answers has to wait for the others: one of them may be of a newer timeline. */
const OTHERS_WITHIN = 1000;

interface Found {
  readonly host: Host;
  readonly state: ServerState;
}

/**
 * Knows which of several servers is the primary: the one that says so and is of the newest timeline. All are asked once
 * a second while the client is in use, so that a server that was the primary, and comes back, is not used beside the new
 * one, and a primary that hangs is left as soon as there is another.
 */
export class Primary {
  readonly #timeline: Timeline;
  readonly #sentinels: readonly Sentinel[];
  #found: Found | undefined;
  #foundAt = -Infinity;
  #finding: Promise<Found> | undefined;

  /** @param make a connection to a host, not opened yet. */
  constructor(hosts: readonly Host[], timeline: Timeline, make: (host: Host) => PgConnection) {
    this.#timeline = timeline;
    this.#sentinels = hosts.map((host) => new Sentinel(host, () => make(host)));
    timeline.onNewer(() => (this.#found = undefined));
  }

  get hasChoice(): boolean {
    return this.#sentinels.length > 1;
  }

  /** The server to connect to. @throws {NotSentError} */
  async host(until: number | undefined): Promise<Host> {
    const [only] = this.#sentinels;
    if (only === undefined) throw new NotSentError("the URL names no host");
    return this.hasChoice ? (await this.confirmed(until)).host : only.host;
  }

  /** The primary, if all that could be asked were asked of late. @throws {NotSentError} */
  async confirmed(until: number | undefined): Promise<Found> {
    const age = performance.now() - this.#foundAt;
    if (this.#found !== undefined && age < HOLDS) return this.#found;
    const finding = this.refresh();
    if (this.#found !== undefined && age < HOLDS_AT_MOST) return this.#found;
    return await inTime(until, finding, () => new NotSentError("no primary was found in time"));
  }

  /** Asks all servers now. */
  refresh(): Promise<Found> {
    this.#finding ??= this.#find()
      .then((found) => {
        this.#found = found;
        this.#foundAt = performance.now();
        return found;
      })
      .finally(() => (this.#finding = undefined));
    this.#finding.catch(() => undefined);
    return this.#finding;
  }

  /** When a server answered last, by `performance.now()`. */
  answeredAt(host: Host): number {
    return this.#sentinels.find((one) => one.host === host)?.answeredAt ?? performance.now();
  }

  close(): void {
    for (const sentinel of this.#sentinels) sentinel.close();
  }

  #find(): Promise<Found> {
    return new Promise((resolve, reject) => {
      const waiting = new Set(this.#sentinels);
      const reasons = new Map<Sentinel, string>();
      let best: Found | undefined;
      const settle = (): void => {
        clearTimeout(late);
        if (best !== undefined) resolve(best);
        else {
          const list = this.#sentinels.map((one) => reasons.get(one) ?? `${nameOf(one.host)}: no answer`);
          reject(new NotSentError(`no host is a primary that can be reached (${list.join("; ")})`));
        }
      };
      const late = setTimeout(() => best !== undefined && settle(), OTHERS_WITHIN);
      const heard = (sentinel: Sentinel): void => {
        waiting.delete(sentinel);
        if ([...waiting].every(({ isSilent }) => isSilent)) settle();
      };
      for (const sentinel of this.#sentinels) {
        const { host } = sentinel;
        sentinel.ask().then(
          (state) => {
            const newest = this.#timeline.newest;
            if (state.isStandby) reasons.set(sentinel, `${nameOf(host)}: it is a standby`);
            else if (!this.#timeline.learn(state.timeline)) {
              reasons.set(sentinel, `${nameOf(host)}: it is an old primary`);
            } else if (best === undefined || this.#timeline.isNewer(state.timeline, best.state.timeline))
              best = { host, state };
            // Newer than all that was known: there is no need to hear the others.
            if (best?.host === host && newest !== "" && this.#timeline.isNewer(state.timeline, newest))
              settle();
            else heard(sentinel);
          },
          (error: unknown) => {
            reasons.set(sentinel, (error as Error).message);
            heard(sentinel);
          },
        );
      }
    });
  }
}
