import { readFileSync } from "node:fs";
import * as module from "node:module";
import { PeerMissingError, PeerVersionError } from "../session/errors/peer-errors.ts";
import { isInRange, PEERS, type PeerName } from "./peers.ts";

const checked = new Set<PeerName>();

/**
 * Loads the framework that an adapter is for.
 * @example const { foldSessionSummary } = await loadPeer("a-framework", () => import("a-framework"));
 * @throws {PeerMissingError} when it is not installed.
 * @throws {PeerVersionError} when a version is installed that this package does not work with.
 */
export async function loadPeer<T>(packageName: PeerName, load: () => Promise<T>): Promise<T> {
  checkPeer(packageName);
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    // Something that the framework itself lacks is another matter.
    if (code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${packageName}'`))
      throw new PeerMissingError(packageName, { cause: error });
    throw error;
  }
}

/** @throws {PeerVersionError} when a version is installed that this package does not work with. */
export function checkPeer(packageName: PeerName): void {
  if (checked.has(packageName)) return;
  const version = installedVersion(packageName);
  const range = PEERS[packageName];
  if (version !== undefined && !isInRange(version, range))
    throw new PeerVersionError(packageName, version, range);
  checked.add(packageName);
}

/** `undefined` where it cannot be known: not installed, or all of the program is in one file. */
function installedVersion(packageName: PeerName): string | undefined {
  try {
    // As a member: a runtime without it must still load this module.
    const path = module.findPackageJSON(packageName, import.meta.url);
    if (path === undefined) return undefined;
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
