import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import {
  CorruptSessionError,
  InvalidArgumentError,
  SessionNotFoundError,
} from "../../session/errors/errors.ts";
import { parseSessionId, type SessionId } from "../../session/session-id.ts";
import { subagentsOf } from "../../store/delete-session.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import { isSpooled } from "../read/spool.ts";
import { importStateOf, type ImportState } from "../store/import-state.ts";
import { besideOf, keptBeside } from "./kept-beside.ts";
import { originalOf } from "./read-original.ts";
import { WrittenAside } from "./written-aside.ts";

export interface GiveBackOptions {
  /** A folder to write to. Default: where the agent has the files, which is where they came from. */
  readonly to?: string | undefined;
}

/** What became of one file. */
export interface GivenBack {
  readonly sessionId: SessionId;
  readonly path: string;
  readonly bytes: number;
  /** `there`: it held the very bytes already. */
  readonly outcome: "written" | "there";
}

/** A file to give: a session's own, or one that lay beside it. */
interface Member {
  readonly id: SessionId;
  readonly path: string;
  readonly content: () => AsyncGenerator<Buffer>;
}

/** How the original of a session out of a database begins: rows are no file of its agent's. */
const ROWS = '{"table":';

/**
 * Gives the file that a session was imported from back to its agent, byte for byte, with those of its sub-agents and
 * those that its agent kept beside them: all of them or none, and never over other bytes. Each is checked against its
 * digest before anything is written, is on disk when it gets its name, and the session's own comes last. Who was
 * interrupted does it again.
 *
 * @throws {InvalidArgumentError} when there is no such file to give, or another one is in its place.
 * @throws {CorruptSessionError} when what is kept is not what was taken in.
 */
export async function giveBack(
  store: SessionStore,
  sessionId: string,
  { to }: GiveBackOptions = {},
): Promise<GivenBack[]> {
  const id = parseSessionId(sessionId);
  const files: WrittenAside[] = [];
  const given: GivenBack[] = [];
  try {
    const members: { readonly member: Member; readonly file: WrittenAside }[] = [];
    for (const member of await membersOf(store, id, to)) {
      const file = await WrittenAside.write(member.path, member.content());
      files.push(file);
      if ((await file.inPlace()) === "others") throw isTaken(member.path);
      members.push({ member, file });
    }
    for (const { member, file } of members) {
      const outcome = await file.putInPlace();
      given.push({ sessionId: member.id, path: member.path, bytes: file.bytes, outcome });
    }
    for (const file of files) await file.settle();
    return given;
  } catch (error) {
    for (const file of files.reverse()) await file.takeBack();
    throw error;
  } finally {
    for (const file of files) await file.remove();
  }
}

/** The files of a session and of its sub-agents; its own last. */
async function membersOf(store: SessionStore, id: SessionId, to: string | undefined): Promise<Member[]> {
  const own = await memberOf(store, id);
  if (own === undefined)
    throw new InvalidArgumentError(
      `Session ${id} keeps no file to give back: it was not imported from a file of its own.`,
    );
  if (to === undefined && isSpooled(own.file))
    throw new InvalidArgumentError(
      `Session ${id} came from a stream, which had no place of its own: name a folder for it.`,
    );
  const members: Member[] = [];
  const root = dirname(own.file);
  const placed = (state: ImportState): string => {
    const path = state.file.replace(/\.zst$/, "");
    if (to === undefined) return path;
    const inside = relative(root, path);
    return join(resolve(to), inside.split(sep)[0] === ".." ? basename(path) : inside);
  };
  const add = async (one: SessionId, state: ImportState): Promise<void> => {
    for (const file of (await keptBeside(store, one)).files.values()) {
      const path = placed({ ...state, file: join(dirname(state.file), ...inFolder(file.name)) });
      members.push({ id: one, path, content: () => besideOf(store, one, file) });
    }
    members.push({ id: one, path: placed(state), content: () => checked(store, one, state) });
  };
  for (const child of await subagentsOf(store.engine, id)) {
    const state = await memberOf(store, child);
    if (state !== undefined) await add(child, state);
  }
  await add(id, own);
  return members;
}

/** A name from the store leads nowhere else than into the folder of its session's file. */
function inFolder(name: string): string[] {
  const parts = name.split("/");
  if (!parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\\")))
    return parts;
  throw new InvalidArgumentError(
    `A kept file is called ${JSON.stringify(name)}, which is no place to write to.`,
  );
}

/** What a session notes of its file; `undefined` when it has none of its own. */
async function memberOf(store: SessionStore, id: SessionId): Promise<ImportState | undefined> {
  const stored = await storedHead(store.engine, id);
  if (stored === undefined) throw new SessionNotFoundError(id);
  const state = importStateOf(stored.head);
  return state?.within === null ? state : undefined;
}

/** The file's bytes; at their end they are known to be those that were taken in. */
async function* checked(store: SessionStore, id: SessionId, state: ImportState): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let isFirst = true;
  for await (const piece of originalOf(store, id)) {
    if (isFirst && piece.subarray(0, ROWS.length).toString("latin1") === ROWS)
      throw new InvalidArgumentError(
        `Session ${id} was imported from the database ${state.file}, which no file can be given back to: "export ${id} --format original" has its rows.`,
      );
    isFirst = false;
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== state.sha256)
    throw new CorruptSessionError(id, "what is kept of its original file is not what was taken in");
}

function isTaken(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${path} is there and holds other bytes; nothing was written. Move it away, or name a folder to write to.`,
  );
}
