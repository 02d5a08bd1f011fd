import { PeerMissingError } from "../session/errors.ts";

/**
 * Loads the framework that an adapter is for.
 * @example const { foldSessionSummary } = await loadPeer("a-framework", () => import("a-framework"));
 * @throws {PeerMissingError} when it is not installed.
 */
export async function loadPeer<T>(packageName: string, load: () => Promise<T>): Promise<T> {
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
