import type { Commit } from "../session/commit.ts";
import { toStoredChanges } from "../session/head.ts";
import { jsonText } from "../session/json/json.ts";
import { sideEntries } from "../session/side-lists.ts";

/**
 * Tells whether two commits with one operation id make the same change. Their base does not count: a retry is the
 * same change, whatever the session has become since.
 */
export function fingerprint(commit: Commit): string {
  // Loaded by the first commit that has an operation id: it takes a tenth of the time in which a command starts.
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  if (commit.splice !== undefined) {
    const [start, deleteCount, messages] = commit.splice;
    hash.update(`splice ${start} ${deleteCount} ${messages.length}\n`);
    for (const message of messages) hash.update(jsonText(message)).update("\n");
  }
  if (commit.set !== undefined)
    hash
      .update("set ")
      .update(jsonText(toStoredChanges(commit.set)))
      .update("\n");
  if (commit.addTokens !== undefined) hash.update(`tokens ${commit.addTokens}\n`);
  for (const entry of sideEntries(commit.side)) hash.update("side ").update(jsonText(entry)).update("\n");
  return hash.digest("hex");
}
