import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { isWhole } from "../json/number.ts";
import { isTime } from "../time.ts";
import { readSessionId } from "../session-id.ts";

/** What Astrid requires of the values that it reads into types of its own; further keys mean nothing to it. */

type Check = (value: Json, holder: JsonObject | readonly Json[], key: string) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isBoolean: Check = (value) => typeof value === "boolean";
const isTimeText: Check = (value) => isTime(value);
const isUuid: Check = (value) => {
  try {
    return readSessionId(value) !== undefined;
  } catch {
    return false;
  }
};

function wholeUpTo(most: number): Check {
  return (value, holder, key) => isWhole(value, most, holder, key);
}

/** The key may be missing, or null. */
function optional(check: Check): Check {
  return (value, holder, key) => value === null || value === undefined || check(value, holder, key);
}

function arrayOf(check: Check): Check {
  return (value) =>
    Array.isArray(value) &&
    (value as readonly Json[]).every((element, index, all) => check(element, all, String(index)));
}

function struct(fields: Readonly<Record<string, Check>>): (value: Json) => boolean {
  return (value) =>
    isJsonObject(value) &&
    Object.entries(fields).every(([key, check]) => check(own(value, key) as Json, value, key));
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const PERMISSIONS = new Set(["read", "write", "execute", "delete", "invoke", "list", "create"]);
const isPermission: Check = (value) => typeof value === "string" && PERMISSIONS.has(value);

/** 64 bytes in canonical base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{85}[AQgw]==$/;
const isSignature: Check = (value) => typeof value === "string" && SIGNATURE.test(value);

const PATTERNS: Readonly<Record<string, (value: Json) => boolean>> = {
  exact_tool: struct({ server: isText, tool: isText }),
  server_tools: struct({ server: isText }),
  file_pattern: struct({ pattern: isText, permission: isPermission }),
  network_host: struct({ host: isText, ports: optional(arrayOf(wholeUpTo(0xffff))) }),
  command_pattern: struct({ command: isText }),
  workspace_relative: struct({ pattern: isText, permission: isPermission }),
  custom: struct({ pattern: isText }),
  capsule_capability: struct({ capsule_id: isText, capability: isText }),
  capsule_wildcard: struct({ capsule_id: isText }),
};

const isPattern: Check = (value) => {
  const type = isJsonObject(value) ? own(value, "type") : undefined;
  return typeof type === "string" && Object.hasOwn(PATTERNS, type) && PATTERNS[type]?.(value) === true;
};

/** A grant, "allow for this session". */
export const isAllowance = struct({
  id: isUuid,
  action_pattern: isPattern,
  created_at: isTimeText,
  expires_at: optional(isTimeText),
  max_uses: optional(wholeUpTo(0xffff_ffff)),
  uses_remaining: optional(wholeUpTo(0xffff_ffff)),
  session_only: isBoolean,
  workspace_root: optional(isText),
  signature: isSignature,
});

const isBudgetConfig = struct({
  session_max_usd: isNumber,
  per_action_max_usd: isNumber,
  warn_at_percent: wholeUpTo(0xff),
});

export const isBudgetSnapshot = struct({
  session_spent_usd: isNumber,
  config: isBudgetConfig,
  last_updated: isTimeText,
});

export const isEscapeState = struct({ remembered_paths: arrayOf(isText) });
