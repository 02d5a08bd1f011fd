import { describe } from "vitest";
import { installedPostgres } from "./server.ts";

/** Tests that need a server of their own; skipped, and counted as such, on a machine without PostgreSQL. */
export const describeWithServer = describe.skipIf(installedPostgres() === undefined);
