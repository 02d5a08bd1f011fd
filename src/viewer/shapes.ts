/**
 * What the viewer's server and its page say to each other, as JSON. Only types: the page is bundled for browsers, the
 * server is not.
 */

/** A session in a list. */
export interface SessionRow {
  readonly id: string;
  /** Its title, else the one it has by itself, else how its last message begins. */
  readonly label: string;
  /** What somebody set. */
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly messageCount: number;
  /** How often a person asked something; `null` where nobody knows. */
  readonly prompts: number | null;
  readonly tokenCount: number;
  readonly bytes: number;
  readonly source: string;
  readonly project: string | null;
  readonly branch: string | null;
  readonly model: string | null;
  readonly preview: string | null;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly held: { readonly by: string; readonly since: string } | null;
  /** The session that it is a sub-agent of. */
  readonly parentId: string | null;
  /** The session that it was forked from. */
  readonly forkedFrom: string | null;
  /** How many sub-agents and forks it has. */
  readonly children: number;
}

/** The values of one facet, the most frequent first. */
export type Facet = readonly (readonly [value: string, count: number])[];

export type FacetName = "source" | "project" | "branch" | "model" | "tag" | "changed" | "state" | "day";

export interface SessionList {
  readonly sessions: readonly SessionRow[];
  /** How many match in all; `null` of the first rows, which are there before all are counted. */
  readonly total: number | null;
  readonly cursor: string | null;
  /** Of each facet how many sessions each value has among those that all other filters leave. */
  readonly facets: Readonly<Record<FacetName, Facet>>;
  readonly unreadable: readonly { readonly where: string; readonly code: string; readonly message: string }[];
  readonly readOnly: boolean;
}

/** Sessions that were changed last on one day. */
export interface DayRow {
  /** `2026-01-31`, where the viewer runs. */
  readonly day: string;
  readonly sessions: number;
  readonly tokens: number;
}

export interface ProjectRow {
  /** Its path; empty for sessions of none. */
  readonly project: string;
  readonly sessions: number;
  readonly messages: number;
  readonly tokens: number;
  readonly bytes: number;
  /** The latest change of any of them. */
  readonly updatedAt: string;
}

export interface Overview {
  readonly total: number;
  readonly facets: SessionList["facets"];
  readonly days: readonly DayRow[];
  readonly projects: readonly ProjectRow[];
}

/** Those of the sessions asked for that wait for a person. */
export interface Waiting {
  readonly waiting: readonly string[];
}

/** A place in which the words of a search were found. */
export interface Hit {
  readonly session: SessionRow;
  /** `null` for the title. */
  readonly position: number | null;
  readonly role: string | null;
  readonly snippet: string;
  readonly marks: readonly (readonly [start: number, end: number])[];
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** How many sessions have the words in what was said, and in no title and tag: the list does not count them. */
  readonly more: number;
  /** What those are for the facets, to be added to the list's. */
  readonly facets: SessionList["facets"];
}

export interface SessionDetails {
  readonly session: SessionRow;
  readonly systemPrompt: string;
  readonly branch: string | null;
  /** A line for a shell that goes on with it in its agent; the viewer never runs it. */
  readonly resume: string | null;
  readonly whyNoResume: string | null;
  readonly parent: SessionRow | null;
  readonly children: readonly SessionRow[];
  readonly readOnly: boolean;
}

/** A text that may be cut: `total` characters, of which `text` is the beginning. */
export interface CutText {
  readonly text: string;
  readonly total: number;
}

export interface ShownAttachment {
  readonly kind: string;
  readonly mediaType: string | null;
  readonly name: string | null;
  readonly bytes: number | null;
  /** Which of the message's images it is, for those that can be shown. */
  readonly image: number | null;
}

export type ShownPart =
  | ({ readonly type: "text" | "reasoning" | "other" } & CutText)
  | ({
      /** `text` is what the tool is asked, as JSON or as it was given. */
      readonly type: "call";
      readonly id: string | null;
      readonly name: string;
      /** What tells this call from others: a command, a path, a question. */
      readonly line: string;
      readonly awaitsApproval: boolean;
    } & CutText)
  | ({
      readonly type: "result";
      readonly callId: string | null;
      readonly isError: boolean;
      readonly attachments: readonly ShownAttachment[];
    } & CutText)
  | { readonly type: "attachment"; readonly attachment: ShownAttachment };

export interface ShownMessage {
  readonly position: number;
  readonly role: string;
  readonly at: string | null;
  readonly model: string | null;
  /** Tokens that the agent recorded: input with what came from the cache, and output. */
  readonly tokens: { readonly input: number; readonly output: number } | null;
  /** The program wrote it, in a person's name or the model's. */
  readonly meta: boolean;
  /** It stands for what was said before it. */
  readonly compaction: boolean;
  /** The session of the sub-agent whose answer it is. */
  readonly subsession: string | null;
  readonly parts: readonly ShownPart[];
}

export interface MessagePage {
  readonly revision: number;
  readonly messageCount: number;
  /** May be fewer than were asked for, where they are large: ask again from behind the last. */
  readonly messages: readonly ShownMessage[];
}

/** What a reader jumps between. */
export interface Outline {
  readonly messageCount: number;
  readonly prompts: readonly {
    readonly position: number;
    readonly at: string | null;
    readonly text: string;
  }[];
  /** Messages in which the model says something. */
  readonly said: readonly number[];
  readonly compactions: readonly number[];
}

export interface FindResult {
  /** Messages in which it was found, in their order, with the first part that has it. */
  readonly found: readonly { readonly position: number; readonly part: number; readonly count: number }[];
  /** There are more messages than are told. */
  readonly more: boolean;
}

export interface RevisionRow {
  readonly revision: number;
  readonly at: string;
  readonly messageCount: number;
  /** What it did: a word or two. */
  readonly did: string;
}

export interface HistoryPage {
  readonly revisions: readonly RevisionRow[];
  readonly more: boolean;
}

/** A field of a session's head that a revision changed; `null` where it has no value. */
export interface ChangedField {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Messages that went or came, of which the first are told. */
export interface ChangedMessages {
  readonly count: number;
  readonly messages: readonly ShownMessage[];
}

/** A revision beside the one before it. */
export interface Comparison {
  readonly revision: number;
  readonly at: string;
  readonly did: string;
  readonly previous: number | null;
  readonly next: number | null;
  readonly fields: readonly ChangedField[];
  readonly start: number;
  readonly removed: ChangedMessages;
  readonly added: ChangedMessages;
}

/** What an event of a session says. */
export interface SessionChanged {
  readonly revision: number;
  readonly messageCount: number;
  /** From which position on messages are others than before; `null` when none is. */
  readonly from: number | null;
}

/** How a session is to be kept; what is left out stays. */
export interface OrganizeRequest {
  readonly title?: string | null;
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly pinned?: boolean;
  readonly archived?: boolean;
}

export interface Problem {
  readonly error: { readonly code: string; readonly message: string };
}
