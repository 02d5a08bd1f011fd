/** Where the sessions are, as far as the environment says; else it is the default. */
export function storeInEnvironment(): string | undefined {
  return process.env["ASTRID_SESSIONS_STORE"] || undefined;
}
