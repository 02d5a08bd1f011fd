import type { Durability } from "../../contract.ts";

/**
 * A column of a writing statement that sees to how far its transaction is safe when it is answered, whatever the server,
 * the database or the role is set to. Holds for this transaction only.
 */
export const FLUSH: Readonly<Record<Durability, string>> = {
  disk: `case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', true) end as flushed`,
  process: `set_config('synchronous_commit', 'off', true) as flushed`,
};
