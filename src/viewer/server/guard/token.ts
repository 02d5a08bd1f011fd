import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Nobody guesses it. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether two texts are the same, in a time that does not tell how far they agree. */
export function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The value of a cookie in a `Cookie` header. */
export function cookieIn(header: string | null, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
