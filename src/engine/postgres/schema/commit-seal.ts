/** What a commit's seal covers: the whole row, but for the tenant. */
const SEALED = [
  ...(["life", "revision", "tag", "at_ms", "operation", "operation_id", "fingerprint", "start"] as const),
  ...(["delete_count", "first_slot", "inserted", "checksum", "bytes", "changes", "sets_tokens"] as const),
  ...(["token_count", "message_count", "first_item", "items"] as const),
] as const;

export type Sealed = (typeof SEALED)[number];

/**
 * The seal of a row of `commits`, as SQL: a hash that the server makes, as it alone knows the time and the numbers that
 * the commit got. So `verify` can tell when one of them was changed.
 */
export function sealOf(value: (column: Sealed) => string): string {
  return `hashtextextended(row(${SEALED.map(value).join(", ")})::text, 0)`;
}
