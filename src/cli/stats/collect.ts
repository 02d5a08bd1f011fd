import { WorkspaceGroups } from "../../operations/workspace-groups.ts";
import type { SessionId } from "../../session/session-id.ts";
import { displayTitle, type SessionSummary } from "../../session/summary/summary.ts";
import { takenOverOf } from "../../session/taken-over.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { timeMs } from "../../session/time.ts";
import { localTime } from "../reading/local-time.ts";
import { agentName } from "../reading/speaker.ts";
import { addCost, addTokens, noAmounts, totalTokens, type Amounts } from "./amounts.ts";
import type { Prices } from "./prices.ts";
import { saidIn, recordedIn, type CostRow, type UsageRow } from "./recorded.ts";

export const GROUPINGS = ["day", "month", "project", "agent", "model", "session"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface StatsQuery {
  readonly by: Grouping;
  /** RFC 3339. Tokens are counted by when they were spent, everything else by when the session began. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly prices?: Prices | undefined;
  readonly onRead?: (done: number, of: number) => void;
}

export interface Group extends Amounts {
  /** `null`: no time, no project or no model is known. */
  readonly key: string | null;
  /** The session's title, where each is told. */
  readonly title?: string;
}

export interface Stats {
  readonly total: Amounts;
  /** By day and month in order, the others by their tokens. */
  readonly groups: readonly Group[];
  /** Sessions that recorded no tokens. */
  readonly withoutTokens: number;
  /** Models without a price, and their tokens. */
  readonly unpriced: ReadonlyMap<string, number>;
  readonly unreadable: readonly { readonly id: SessionId; readonly error: Error }[];
}

/** Adds up what sessions took: forks and sub-agents once, nothing left out in silence. */
export async function collectStats(store: SessionStore, query: StatsQuery): Promise<Stats> {
  const sessions: SessionSummary[] = [];
  for await (const session of store.sessions()) sessions.push(session);
  const workspaces = query.by === "project" ? await WorkspaceGroups.of(sessions) : undefined;
  const collecting = new Collecting(query, sessions, workspaces);
  for (const [index, session] of sessions.entries()) {
    await collecting.add(store, session);
    query.onRead?.(index + 1, sessions.length);
  }
  return collecting.end();
}

class Collecting {
  readonly #query: StatsQuery;
  readonly #workspaces: WorkspaceGroups | undefined;
  readonly #ids: ReadonlySet<string>;
  readonly #total = noAmounts();
  readonly #groups = new Map<string | null, Group>();
  readonly #unpriced = new Map<string, number>();
  readonly #unreadable: { id: SessionId; error: Error }[] = [];
  /** Sessions that are gone, and whose part was counted in a fork of theirs. */
  readonly #countedOrigins = new Set<string>();
  #withoutTokens = 0;

  constructor(
    query: StatsQuery,
    sessions: readonly SessionSummary[],
    workspaces: WorkspaceGroups | undefined,
  ) {
    this.#query = query;
    this.#workspaces = workspaces;
    this.#ids = new Set(sessions.map(({ id }) => id));
  }

  async add(store: SessionStore, session: SessionSummary): Promise<void> {
    try {
      using snapshot = await store.read(session.id);
      // It was removed meanwhile.
      if (snapshot === undefined) return;
      const { head, messageCount } = snapshot;
      const origin = this.#originOf(session);
      let said = { prompts: head.turnCount, calls: head.toolCallCount };
      // Programs that keep no counts have them all the same.
      if (said.prompts === 0 && said.calls === 0 && messageCount > 0) said = await saidIn(snapshot);
      if (origin.takenOver > 0) {
        const before = await saidIn(snapshot, origin.takenOver);
        said = {
          prompts: Math.max(said.prompts - before.prompts, 0),
          calls: Math.max(said.calls - before.calls, 0),
        };
      }
      const usage = origin.holdsUsage ? undefined : recordedIn(head.extra["usage"]);
      this.#addSession(session, said, usage?.cost ?? null);
      const rows = [...(usage?.own ?? [])];
      // A sub-agent that has a session of its own is counted there.
      for (const [id, others] of usage?.subagents ?? []) if (!this.#ids.has(id)) rows.push(...others);
      if (rows.length === 0 && !origin.holdsUsage) this.#withoutTokens += this.#began(session) ? 1 : 0;
      for (const row of rows) this.#addRow(session, row);
      for (const row of usage?.costs ?? []) this.#addCost(session, row);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== "CORRUPT_SESSION" && code !== "NEWER_FORMAT") throw error;
      this.#unreadable.push({ id: session.id, error: error as Error });
    }
  }

  end(): Stats {
    const groups = [...this.#groups.values()];
    const isByTime = this.#query.by === "day" || this.#query.by === "month";
    groups.sort((left, right) =>
      isByTime
        ? (left.key ?? "").localeCompare(right.key ?? "")
        : totalTokens(right) - totalTokens(left) || right.sessions - left.sessions,
    );
    return {
      total: this.#total,
      groups,
      withoutTokens: this.#withoutTokens,
      unpriced: this.#unpriced,
      unreadable: this.#unreadable,
    };
  }

  /** How much of a fork is counted in the session that it was made from. */
  #originOf({ custom }: SessionSummary): { readonly takenOver: number; readonly holdsUsage: boolean } {
    const [origin = "", revision] = (custom["forked_from"] ?? "").split("@");
    const takenOver = takenOverOf(custom);
    if (origin === "" || takenOver === 0) return { takenOver: 0, holdsUsage: false };
    if (!this.#ids.has(origin) && !this.#countedOrigins.has(origin)) {
      this.#countedOrigins.add(origin);
      return { takenOver: 0, holdsUsage: false };
    }
    // A fork that was made here has its origin's record; an agent's own has its own.
    return { takenOver, holdsUsage: revision !== undefined };
  }

  #addSession(session: SessionSummary, said: { prompts: number; calls: number }, cost: number | null): void {
    if (!this.#began(session)) return;
    const day = localTime(session.createdAt)?.day ?? "";
    for (const into of [this.#total, this.#group(session, day, session.model ?? "")]) {
      into.sessions++;
      if (session.parentId !== null) into.subagents++;
      into.prompts += said.prompts;
      into.calls += said.calls;
      into.costRecorded = addCost(into.costRecorded, cost);
    }
  }

  #began({ createdAt }: SessionSummary): boolean {
    return this.#isWithin(timeMs(createdAt));
  }

  /** The day of what was spent within an hour; `undefined` when that is not within the time that is asked for. */
  #dayOf(session: SessionSummary, hour: string): string | undefined {
    const time = hour === "" ? NaN : Date.parse(`${hour}:00:00Z`);
    // What has no time counts where its session does.
    if (!(Number.isNaN(time) ? this.#began(session) : this.#isWithin(time))) return undefined;
    return Number.isNaN(time) ? "" : (localTime(new Date(time).toISOString())?.day ?? "");
  }

  #addCost(session: SessionSummary, { hour, model, cost }: CostRow): void {
    const day = this.#dayOf(session, hour);
    if (day === undefined) return;
    for (const into of [this.#total, this.#group(session, day, model)])
      into.costRecorded = addCost(into.costRecorded, cost);
  }

  #addRow(session: SessionSummary, { hour, model, tokens }: UsageRow): void {
    const day = this.#dayOf(session, hour);
    if (day === undefined) return;
    const estimate = this.#query.prices?.estimate(model, tokens);
    if (estimate !== undefined && estimate.unpriced > 0)
      this.#unpriced.set(model, (this.#unpriced.get(model) ?? 0) + estimate.unpriced);
    for (const into of [this.#total, this.#group(session, day, model)]) {
      addTokens(into, tokens);
      into.costEstimated = addCost(into.costEstimated, estimate?.cost ?? null);
      into.tokensUnpriced += estimate?.unpriced ?? 0;
    }
  }

  #isWithin(time: number): boolean {
    const { since, until } = this.#query;
    if (Number.isNaN(time)) return since === undefined && until === undefined;
    return (since === undefined || time >= timeMs(since)) && (until === undefined || time < timeMs(until));
  }

  #group(session: SessionSummary, day: string, model: string): Group {
    const key = this.#keyOf(session, day, model);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        key,
        ...(this.#query.by === "session" ? { title: displayTitle(session) } : {}),
        ...noAmounts(),
      };
      this.#groups.set(key, group);
    }
    return group;
  }

  #keyOf(session: SessionSummary, day: string, model: string): string | null {
    switch (this.#query.by) {
      case "day":
        return day === "" ? null : day;
      case "month":
        return day === "" ? null : day.slice(0, 7);
      case "project": {
        const workspace = this.#workspaces?.of(session);
        return workspace === undefined ? null : this.#projectNames(workspace, session);
      }
      case "agent":
        return agentName(session.source) === "Assistant" ? session.source : agentName(session.source);
      case "model":
        return model === "" ? null : model;
      case "session":
        return session.id;
    }
  }

  readonly #projects = new Map<string, string>();

  /** A workspace by the path that it was at last: sessions are listed last changed first. */
  #projectNames(workspace: string, { workspacePath, workspaceId }: SessionSummary): string {
    const known = this.#projects.get(workspace);
    if (known !== undefined) return known;
    const name = workspacePath ?? workspaceId ?? workspace;
    this.#projects.set(workspace, name);
    return name;
  }
}
