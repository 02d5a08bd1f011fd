import type { Unreadable } from "../../index.ts";

/** A session that cannot be read, as it stands in JSON. */
export function describeUnreadable({ id, where, error }: Unreadable): object {
  return { id: id ?? null, where, code: error.code, message: error.message };
}
