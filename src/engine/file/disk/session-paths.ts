import { join, sep } from "node:path";
import { isSessionId, type SessionId } from "../../../session/session-id.ts";
import { temporaryOwner } from "./temporary-owner.ts";

const CHECKPOINT = ".json";
const JOURNAL = ".journal.jsonl";
const ID_LENGTH = 36;

/** How many names this process has made for files on their way. */
let made = 0;

/** Where everything of a store directory lies. */
export class SessionPaths {
  readonly root: string;
  /** Files on their way to their place; what a crash leaves here is removed later. */
  readonly temporary: string;
  readonly locks: string;
  /** Who holds which session. */
  readonly leases: string;
  readonly trash: string;
  readonly quarantine: string;
  /** The log of removals. */
  readonly removals: string;

  constructor(root: string) {
    this.root = root;
    this.temporary = join(root, "tmp");
    this.locks = join(root, "locks");
    this.leases = join(root, "leases");
    this.trash = join(root, "trash");
    this.quarantine = join(root, "quarantine");
    this.removals = join(root, "removals.jsonl");
  }

  checkpoint(id: SessionId, directory = this.root): string {
    return directory + sep + id + CHECKPOINT;
  }

  journal(id: SessionId, directory = this.root): string {
    return directory + sep + id + JOURNAL;
  }

  /** A name that no other process uses; it begins with its owner, by which it is known when they are dead. */
  newTemporary(what: SessionId | "index"): string {
    const random = Math.random().toString(36).slice(2, 10);
    return join(this.temporary, `${temporaryOwner()}-${what}-${random}${++made}`);
  }

  /**
   * A few thousand lock files serve all sessions. The id's last digits pick one: they are random in every version of
   * a UUID.
   */
  lock(id: SessionId): string {
    return join(this.locks, `${id.slice(-3)}.lock`);
  }

  lease(id: SessionId): string {
    return join(this.leases, `${id}.json`);
  }

  /** The lock of one lease: its owner has it for as long as they hold the session. */
  leaseLock(id: SessionId, token: string): string {
    return join(this.leases, `${id}.${token}.lock`);
  }

  /** The folder in the trash or the quarantine for what is set aside now. */
  newFolder(parent: string, id: SessionId, now: Date): string {
    return join(parent, `${id}.${now.getTime()}`);
  }
}

/** Whether a name has the length and the ending of a session's file: a first look, at little cost. */
export function isLikeSessionFile(name: string): boolean {
  return name.length === ID_LENGTH + JOURNAL.length
    ? name.endsWith(JOURNAL)
    : name.length === ID_LENGTH + CHECKPOINT.length && name.endsWith(CHECKPOINT);
}

/** The session that a file of the store directory (or of `leases`) belongs to, or `undefined` for any other file. */
export function sessionOfFile(name: string): SessionId | undefined {
  const stem = name.endsWith(JOURNAL)
    ? name.slice(0, -JOURNAL.length)
    : name.endsWith(CHECKPOINT)
      ? name.slice(0, -CHECKPOINT.length)
      : undefined;
  return isSessionId(stem) ? stem : undefined;
}

/** The session and the time (milliseconds since 1970) that `newFolder` put into a name. */
export function partsOfFolder(name: string): { id: SessionId; time: number } | undefined {
  const [id, time] = name.split(".", 2);
  return isSessionId(id) && time !== undefined && /^\d+$/.test(time) ? { id, time: Number(time) } : undefined;
}
