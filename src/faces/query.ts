import type { SearchQuery, SessionSummary } from "../index.ts";
import { durationIn } from "./duration.ts";

/** What a person looks for: words, and what narrows it. */
export interface Query {
  /** The words, without what narrows. */
  readonly text: string;
  /** The program that made the session, or a part of its name. */
  readonly agent?: string;
  /** A part of the project's path. */
  readonly directory?: string;
  readonly tag?: string;
  /** A tool that is called. */
  readonly tool?: string;
  /** Who speaks. */
  readonly role?: string;
  /** RFC 3339: from then on, and before then. */
  readonly since?: string;
  readonly until?: string;
  /** Words and phrases that must not occur. */
  readonly without?: readonly string[];
  /** What is not meant, of each kind. */
  readonly except?: Readonly<Partial<Record<Excepted, readonly string[]>>>;
  /** What could not be understood, in sentences; it narrows nothing. */
  readonly problems: readonly string[];
}

type Excepted = "agent" | "directory" | "tag" | "tool" | "role";

const TERM = /(?<!\S)(-?)(agent|dir|tag|tool|role|date):(?:"([^"]*)"?|(\S*))/g;
/** What is quoted stays; `-word` and `-"a phrase"` are not wanted. `--flag` is a word like any other. */
const UNWANTED = /(?<!\S)-("[^"]*"?|[\p{L}\p{N}_][^\s"]*)|"[^"]*"?/gu;
const DAY = 86_400_000;

/** What a person calls those who speak. */
const SPEAKERS: Readonly<Record<string, string>> = { you: "user", me: "user", agent: "assistant" };

/**
 * `agent:claude dir:backend tag:work tool:bash role:user date:<2d "the words" -unwanted -agent:codex`. A term without a value, as it is while
 * it is being typed, narrows nothing.
 */
export function parseQuery(text: string, now: Date): Query {
  const found: { -readonly [K in keyof Query]?: Query[K] } = {};
  const problems: string[] = [];
  const without: string[] = [];
  const except: Partial<Record<Excepted, string[]>> = {};
  const narrowed = text.replace(TERM, (_, not: string, key: string, quoted?: string, bare?: string) => {
    const value = quoted ?? bare ?? "";
    if (value === "") return "";
    if (not !== "" && key === "date") problems.push(`-date:${value} is not understood: write ${DATES}.`);
    else if (not !== "")
      (except[key === "dir" ? "directory" : (key as Excepted)] ??= []).push(meant(key, value));
    else if (key === "agent") found.agent = meant(key, value);
    else if (key === "dir") found.directory = value;
    else if (key === "tag") found.tag = value;
    else if (key === "tool") found.tool = value;
    else if (key === "role") found.role = meant(key, value);
    else {
      const times = timesOf(value, now);
      if (times === undefined) problems.push(`date:${value} is no time: write ${DATES}.`);
      else Object.assign(found, times);
    }
    return "";
  });
  const words = narrowed.replace(UNWANTED, (whole: string, unwanted?: string) => {
    if (unwanted === undefined) return whole;
    without.push(unwanted);
    return "";
  });
  if (without.length > 0) found.without = without;
  if (Object.keys(except).length > 0) found.except = except;
  return { text: words.replace(/\s+/g, " ").trim(), ...found, problems };
}

/** Agents and speakers by the names that they are known by. */
function meant(key: string, value: string): string {
  if (key === "agent") return value.toLowerCase();
  return key === "role" ? speakerOf(value) : value;
}

/** The role that a person means: "you" is the user, "agent" the assistant. */
export function speakerOf(name: string): string {
  return SPEAKERS[name.toLowerCase()] ?? name;
}

/** Astrid's roles; a store may hold others. */
const ROLES = ["user", "assistant", "tool", "system"];

/** Whether this is a role, or what a person calls one. */
export function isSpeaker(name: string): boolean {
  return ROLES.includes(speakerOf(name));
}

/** What a store is asked for what was typed. A problem is for the caller to tell: what it is about narrows nothing. */
export function searchQuery(
  typed: string,
  now: Date,
): SearchQuery & { readonly problems: readonly string[] } {
  const query = parseQuery(typed, now);
  const { text, agent, directory, tag, tool, role, since, until, problems } = query;
  return {
    text,
    source: agent === undefined ? undefined : sourceOf(agent),
    ...leftOut(query),
    ...{ directory, tag, tool, role, since, until, problems },
  };
}

/** Whether a session is among those that the query narrows to, whatever its words are. */
export function isWithin(
  session: Pick<SessionSummary, "source" | "workspacePath" | "tags" | "updatedAt">,
  query: Query,
): boolean {
  const { agent, directory, tag, since, until, except } = query;
  const { source, workspacePath, tags, updatedAt } = session;
  const path = (workspacePath ?? "").toLowerCase();
  return (
    except?.agent?.some((one) => source.toLowerCase().includes(one)) !== true &&
    except?.directory?.some((one) => path.includes(one.toLowerCase())) !== true &&
    except?.tag?.some((one) => tags.includes(one)) !== true &&
    (agent === undefined || source.toLowerCase().includes(agent)) &&
    (directory === undefined || path.includes(directory.toLowerCase())) &&
    (tag === undefined || tags.includes(tag)) &&
    (since === undefined || Date.parse(updatedAt) >= Date.parse(since)) &&
    (until === undefined || Date.parse(updatedAt) < Date.parse(until))
  );
}

/** A word as titles are compared with it. */
export function plainWord(word: string): string {
  return word.toLowerCase().replaceAll(/["*]/g, "");
}

/** What a search is asked to leave out. */
export function leftOut({ without, except }: Query): Pick<SearchQuery, "without" | "except"> {
  if (except === undefined) return { without };
  const { agent, ...rest } = except;
  return { without, except: { ...rest, source: agent?.map(sourceOf) } };
}

const DATES = "date:<2d, date:>30d, date:today, date:yesterday, date:2026-01-31 or date:2026-01";

/** A stretch of time: not older than (`<2d`, `2d`), older than (`>2d`), a day or a month of this place's calendar. */
function timesOf(value: string, now: Date): Pick<Query, "since" | "until"> | undefined {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (value === "today") return { since: midnight.toISOString() };
  if (value === "yesterday") {
    const since = new Date(midnight);
    since.setDate(since.getDate() - 1);
    return { since: since.toISOString(), until: midnight.toISOString() };
  }
  const [, year, month, day] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(value) ?? [];
  if (year !== undefined && month !== undefined) {
    const since = new Date(Number(year), Number(month) - 1, Number(day ?? 1));
    if (since.getMonth() !== Number(month) - 1) return undefined;
    const until =
      day === undefined ? new Date(since.getFullYear(), since.getMonth() + 1, 1) : new Date(since);
    if (day !== undefined) until.setDate(until.getDate() + 1);
    return { since: since.toISOString(), until: until.toISOString() };
  }
  const duration = durationIn(value.replace(/^[<>]/, ""));
  if (duration === undefined || duration > 300 * 365 * DAY) return undefined;
  const bound = new Date(now.getTime() - duration);
  return value.startsWith(">") ? { until: bound.toISOString() } : { since: bound.toISOString() };
}

/** The programs that sessions come from; more may be, under names that nobody knows here. */
const AGENTS = [
  ...["astrid", "claude-code", "codex", "gemini", "pi", "copilot", "qwen", "kimi-cli", "cline", "openclaw"],
  ...["opencode", "goose", "crush", "kimi-code"],
  ...["swe-agent", "openai-chat", "langgraph", "ai-sdk", "acp", "claude-agent-sdk", "openai-agents"],
];

/** Whether sessions may come from a program of just this name. */
export function isAgent(name: string): boolean {
  return AGENTS.includes(name);
}

/** The source that a part of an agent's name means; a name that is not known here is taken as it is. */
export function sourceOf(agent: string): string {
  if (AGENTS.includes(agent)) return agent;
  return AGENTS.find((name) => name.startsWith(agent)) ?? agent;
}
