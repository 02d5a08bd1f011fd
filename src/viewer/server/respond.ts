import { SessionStoreError, type ErrorCode } from "../../session/errors/errors.ts";
import type { Problem } from "../shapes.ts";
import { PageMissingError } from "./page-files.ts";

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** On every answer, also on those that refuse. */
const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** An answer with the headers that keep a page safe. */
export function answer(
  body: BodyInit | null,
  status: number,
  headers: Record<string, string> = {},
): Response {
  return new Response(body, { status, headers: { ...SAFE_HEADERS, ...headers } });
}

type BodyInit = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

export function json(value: unknown, status = 200): Response {
  return answer(JSON.stringify(value), status, { "content-type": "application/json; charset=utf-8" });
}

export function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const problem: Problem = { error: { code, message } };
  const type = { "content-type": "application/json; charset=utf-8" };
  return answer(JSON.stringify(problem), status, { ...type, ...headers });
}

const STATUS: { readonly [C in ErrorCode]?: number } = {
  SESSION_NOT_FOUND: 404,
  INVALID_ARGUMENT: 400,
  INVALID_SESSION: 400,
  INVALID_SESSION_ID: 400,
  NOT_SUPPORTED: 400,
  CONFLICT: 409,
  CORRUPT_SESSION: 422,
  NEWER_FORMAT: 422,
  LOCKED: 503,
  STORE_CLOSED: 503,
  TIMED_OUT: 503,
  UNAVAILABLE: 503,
};

/** What a store's error becomes. Of any other error nothing is told but that there was one, of a missing page what it is. */
export function refuseFor(error: unknown): Response {
  if (error instanceof SessionStoreError) return refuse(STATUS[error.code] ?? 500, error.code, error.message);
  // Where it was looked for is the log's to say.
  if (error instanceof PageMissingError)
    return refuse(503, "PAGE_MISSING", "The viewer's page is missing from this installation.");
  return refuse(500, "UNEXPECTED", "Something unexpected happened in the viewer; its log says what.");
}
