import { isAllowance, isBudgetSnapshot, isEscapeState } from "./astrid/grants.ts";
import { InvalidSessionError } from "./errors/errors.ts";
import { isJsonObject, jsonEquals, type Json, type JsonObject } from "./json/json.ts";
import { isSessionId, type SessionId } from "./session-id.ts";
import { isStoredTime, isTime } from "./time.ts";

/** Where the workspace's git repository stood when the session was saved. */
export type GitState = {
  readonly branch: string | null;
  readonly commit: string | null;
};

/**
 * Everything of a session that is not its messages, flat and frozen. Engines store it, commits change it field by
 * field; every field is always present.
 */
export type SessionHead = {
  /** 16 lower-case hex digits: the user's key id (8 bytes). */
  readonly userId: string;
  readonly systemPrompt: string;
  /** RFC 3339 UTC, up to nanoseconds, kept to the letter. */
  readonly createdAt: string;
  readonly tokenCount: number;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly turnCount: number;
  readonly toolCallCount: number;
  readonly approvalCount: number;
  readonly custom: Readonly<Record<string, string>>;
  /** Keys of `metadata` that this version does not know. */
  readonly metadataExtra: JsonObject;
  readonly allowances: readonly Json[];
  readonly budgetSnapshot: JsonObject | null;
  readonly escapeState: JsonObject | null;
  readonly workspacePath: string | null;
  readonly workspaceId: string | null;
  /** The session that this one is a sub-agent of. */
  readonly parentId: SessionId | null;
  readonly model: string | null;
  readonly gitState: GitState | null;
  /** Top-level keys of the document that this version does not know. */
  readonly extra: JsonObject;
};

export type HeadField = keyof SessionHead;
export type HeadChanges = { readonly [F in HeadField]?: SessionHead[F] };

/** Where a field stands in Astrid's document. */
type Place = "document" | "metadata";

interface FieldRule {
  /** Its key in Astrid's document, and in the journal. */
  readonly key: string;
  readonly place: Place;
  /** Astrid's reader refuses a document without it. */
  readonly required: boolean;
  /** Part of a `SessionSummary`, so that a listing needs it. */
  readonly listed: boolean;
  readonly expected: string;
  /** Whether a store may hold the value. */
  readonly accepts: (value: Json) => boolean;
  /** Whether Astrid reads it; what is new must be so. Earlier versions took more. */
  readonly astridReads: (value: Json) => boolean;
  readonly initial: Json;
}

const isString = (value: Json): boolean => typeof value === "string";
const isText = (value: Json): boolean => value === null || typeof value === "string";
const isCount = (value: Json): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
const isObject = (value: Json): boolean => isJsonObject(value);
const isObjectOrNull = (value: Json): boolean => value === null || isJsonObject(value);
const isArray = (value: Json): boolean => Array.isArray(value);

const isUserId = (value: Json): boolean => typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
const isSessionIdOrNull = (value: Json): boolean => value === null || isSessionId(value);

const isBudget = (value: Json): boolean =>
  value === null || (isJsonObject(value) && typeof value["session_spent_usd"] === "number");
const orNull =
  (check: (value: Json) => boolean) =>
  (value: Json): boolean =>
    value === null || check(value);

const isGitState = (value: Json): boolean =>
  value === null ||
  (isJsonObject(value) && isText(value["branch"] ?? null) && isText(value["commit"] ?? null));

function rule(
  key: string,
  expected: string,
  accepts: (value: Json) => boolean,
  initial: Json,
  options: Partial<Pick<FieldRule, "place" | "required" | "listed" | "astridReads">> = {},
): FieldRule {
  const { place = "document", required = false, listed = false, astridReads = accepts } = options;
  return { key, place, required, listed, expected, accepts, astridReads, initial };
}

const metadata = { place: "metadata", required: true } as const;

/** One row per field; `metadataExtra` and `extra` hold what has no row. */
export const FIELDS = {
  userId: rule("user_id", "16 hex digits", isUserId, "0000000000000000", { required: true, listed: true }),
  createdAt: rule("created_at", "an RFC 3339 time", isStoredTime, "1970-01-01T00:00:00Z", {
    required: true,
    listed: true,
    astridReads: isTime,
  }),
  tokenCount: rule("token_count", "a whole number", isCount, 0, { required: true }),
  title: rule("title", "a string or null", isText, null, { place: "metadata", listed: true }),
  tags: rule("tags", "an array of strings", (v) => Array.isArray(v) && v.every(isString), [], {
    ...metadata,
    listed: true,
  }),
  turnCount: rule("turn_count", "a whole number", isCount, 0, { ...metadata, listed: true }),
  toolCallCount: rule("tool_call_count", "a whole number", isCount, 0, metadata),
  approvalCount: rule("approval_count", "a whole number", isCount, 0, metadata),
  custom: rule(
    "custom",
    "an object of strings",
    (v) => isJsonObject(v) && Object.values(v).every(isString),
    {},
    { ...metadata, listed: true },
  ),
  workspacePath: rule("workspace_path", "a string or null", isText, null, { listed: true }),
  workspaceId: rule("workspace_id", "a string or null", isText, null, { listed: true }),
  parentId: rule("parent_id", "a session id or null", isSessionIdOrNull, null, { listed: true }),
  model: rule("model", "a string or null", isText, null, { listed: true }),
  gitState: rule("git_state", "{branch, commit} or null", isGitState, null, { listed: true }),
  budgetSnapshot: rule(
    "budget_snapshot",
    "null or {session_spent_usd, config: {session_max_usd, per_action_max_usd, warn_at_percent}, last_updated}",
    isBudget,
    null,
    { astridReads: orNull(isBudgetSnapshot) },
  ),
  escapeState: rule("escape_state", "null or {remembered_paths: strings}", isObjectOrNull, null, {
    astridReads: orNull(isEscapeState),
  }),
  allowances: rule("allowances", "an array of Astrid's allowances (see docs/format.md)", isArray, [], {
    astridReads: (value) => Array.isArray(value) && (value as readonly Json[]).every(isAllowance),
  }),
  systemPrompt: rule("system_prompt", "a string", isString, "", { required: true }),
  metadataExtra: rule("metadata_extra", "an object", isObject, {}),
  extra: rule("extra", "an object", isObject, {}),
} as const satisfies Record<HeadField, FieldRule>;

export const HEAD_FIELDS = Object.keys(FIELDS) as HeadField[];
const LISTED_FIELDS = HEAD_FIELDS.filter((field) => FIELDS[field].listed);
const FIELD_OF_KEY = new Map<string, HeadField>(HEAD_FIELDS.map((field) => [FIELDS[field].key, field]));

/** The head of a session in which nothing was set. */
export const EMPTY_HEAD: SessionHead = Object.freeze(
  Object.fromEntries(HEAD_FIELDS.map((field) => [field, Object.freeze(FIELDS[field].initial)])),
) as unknown as SessionHead;

/**
 * Checks fields that a caller gives: they must be such that Astrid reads them.
 * @throws {InvalidSessionError} when a value is not of its field's type.
 */
export function checkHead(changes: HeadChanges): void {
  check(changes, "astridReads");
}

/**
 * Checks fields that may come out of a store, where an earlier version let more pass.
 * @throws {InvalidSessionError} when a value is not of its field's type.
 */
export function checkStoredHead(changes: HeadChanges): void {
  check(changes, "accepts");
}

function check(changes: HeadChanges, which: "accepts" | "astridReads"): void {
  for (const field of Object.keys(changes) as HeadField[]) {
    if (!Object.hasOwn(FIELDS, field)) throw new InvalidSessionError(`${field} is not a field of a session`);
    const rule = FIELDS[field];
    const value = changes[field] as Json | undefined;
    if (value === undefined || !rule[which](value))
      throw new InvalidSessionError(`${field} must be ${rule.expected}`);
  }
}

/** What must be set to get from one head to the other; `undefined` when they are equal. */
export function headChanges(from: SessionHead, to: SessionHead): HeadChanges | undefined {
  let changes: Record<string, unknown> | undefined;
  for (const field of HEAD_FIELDS) {
    if (from[field] === to[field] || jsonEquals(from[field], to[field])) continue;
    changes ??= {};
    changes[field] = to[field];
  }
  return changes;
}

/** The fields that a listing shows, or `undefined` when `changes` touches none of them. */
export function listedFields(head: SessionHead, changes: HeadChanges): HeadChanges | undefined {
  if (!LISTED_FIELDS.some((field) => field in changes)) return undefined;
  return Object.fromEntries(LISTED_FIELDS.map((field) => [field, head[field]]));
}

/** Whether all fields that a listing shows are among these; earlier versions noted fewer. */
export function holdsListedFields(changes: HeadChanges): boolean {
  return LISTED_FIELDS.every((field) => field in changes);
}

/** Field names as the files spell them. */
export function toStoredChanges(changes: HeadChanges): JsonObject {
  return Object.fromEntries(
    (Object.keys(changes) as HeadField[]).map((field) => [FIELDS[field].key, changes[field] as Json]),
  );
}

/** The inverse of `toStoredChanges`; keys that this version does not know are left out. */
export function fromStoredChanges(stored: JsonObject): HeadChanges {
  const changes: Record<string, Json> = {};
  for (const [key, value] of Object.entries(stored)) {
    const field = FIELD_OF_KEY.get(key);
    if (field !== undefined) changes[field] = value;
  }
  return changes;
}
