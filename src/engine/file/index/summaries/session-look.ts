import { CorruptSessionError, SessionStoreError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { storageError } from "../../disk/storage-error.ts";
import { scanSession, type Scanned } from "../../read/session-scan.ts";
import { identityNow } from "./file-identity.ts";

type Place = Pick<FileContext, "disk" | "paths">;

/** The identity of a session that must be read again at the next listing, whatever its files look like. */
export const UNSETTLED = "";

/** What a session's files amount to. One that cannot be read, for whatever reason, is unreadable: nothing is thrown. */
export async function lookAt({ disk, paths }: Place, id: SessionId): Promise<Scanned> {
  try {
    return await scanSession(disk, paths, id);
  } catch (error) {
    const reason = storageError(error, `read session ${id}`);
    return {
      unreadable: {
        id,
        where: paths.journal(id),
        error:
          reason instanceof SessionStoreError
            ? reason
            : new CorruptSessionError(id, `reading it failed (${reason.message})`, { cause: error }),
      },
    };
  }
}

/** The identity of a session's files as they are now; one whose files cannot be asked for stays unsettled. */
export function settledIdentity({ disk, paths }: Place, id: SessionId): string {
  try {
    return identityNow(disk, paths, id);
  } catch {
    return UNSETTLED;
  }
}
