import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";

/** For the conformance suite's processes. */
export function open(location: string): PostgresEngine {
  return new PostgresEngine({ url: location });
}
