import type { StorageEngine } from "../../engine/contract.ts";
import { checkOptions } from "../../session/json/arguments.ts";
import {
  InvalidArgumentError,
  NotSupportedError,
  SessionNotFoundError,
} from "../../session/errors/errors.ts";
import type { Redact } from "../../redaction/redact.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SecretEdit } from "./secret-edit.ts";

export interface RedactOptions {
  /**
   * Further texts to replace, at least four characters each, wherever they stand, also as JSON writes them; or a function
   * that replaces them. Default: what has one of the definite forms, and nothing else.
   */
  readonly also?: readonly string[] | Redact | undefined;
  /** Only count. Default: false. */
  readonly dryRun?: boolean | undefined;
}

export interface FoundKind {
  /** What it is, such as `github-token`; `named` for what `also` names. */
  readonly kind: string;
  readonly count: number;
}

/** What a redaction replaced, or with `dryRun` would replace. */
export interface Redaction {
  readonly id: SessionId;
  /** The session's current revision, the same as before; 0 when it is in the trash only. */
  readonly revision: number;
  /** Every place counts where one stood, also in the history. */
  readonly found: readonly FoundKind[];
  /** Revisions, of all lives of the id, in which something was replaced. */
  readonly revisions: number;
  /** What became of the file that the session was imported from, which is kept beside it byte for byte. */
  readonly original: "none" | "kept" | "given up";
  /** Folders of the quarantine and the trash that were given up: what is in them cannot be read as a session. */
  readonly files: readonly string[];
  /** False: nothing was found, and nothing was changed. */
  readonly isChanged: boolean;
}

const SHORTEST = 4;
/** So often a secret may be stored while the session is looked through. */
const TRIES = 5;

/**
 * Replaces secrets in everything that was ever stored of a session.
 * @throws {SessionNotFoundError | LeaseHeldError | InvalidArgumentError | NotSupportedError | CorruptSessionError}
 */
export async function redactSession(
  engine: StorageEngine,
  id: SessionId,
  options: RedactOptions,
  lease?: string,
): Promise<Redaction> {
  checkAlso(options);
  const { also, dryRun = false } = options;
  const { mayBeUnfinished, ...looked } = await rewritten(engine, id, also, { dryRun: true });
  // Where there is nothing to do, nobody is kept from writing.
  if (dryRun || (!looked.isChanged && !mayBeUnfinished)) return looked;
  let result: Redaction = looked;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const givesUpOriginal = result.found.length > 0 && result.original !== "none";
    const { mayBeUnfinished: _, ...done } = await rewritten(engine, id, also, { lease, givesUpOriginal });
    result = done;
    // What was stored meanwhile may be in the file that was imported, too.
    if (givesUpOriginal || result.found.length === 0 || result.original === "none") return result;
  }
  return result;
}

function checkAlso(options: RedactOptions): void {
  checkOptions(options, ["dryRun"]);
  const { also = [] } = options;
  if (typeof also === "function") return;
  const isText = (text: unknown): boolean => typeof text === "string" && text.length >= SHORTEST;
  if (!Array.isArray(also) || !also.every(isText))
    throw new InvalidArgumentError(
      `also must be texts of at least ${SHORTEST} characters, or a function: shorter ones stand in many words. Nothing was changed.`,
    );
}

async function rewritten(
  engine: StorageEngine,
  id: SessionId,
  also: RedactOptions["also"],
  how: { readonly dryRun?: boolean; readonly lease?: string | undefined; readonly givesUpOriginal?: boolean },
): Promise<Redaction & { readonly mayBeUnfinished: boolean }> {
  if (engine.rewrite === undefined) throw new NotSupportedError("redaction", engine.name);
  const counts = new Map<string, number>();
  const { dryRun, lease, givesUpOriginal = false } = how;
  const onFind: ConstructorParameters<typeof SecretEdit>[0]["onFind"] = (_place, _part, { kind }) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  };
  const onBegin = (): void => counts.clear();
  const edit = new SecretEdit({ also, givesUpOriginal, onFind, onBegin });
  const done = await engine.rewrite(id, edit, { dryRun, lease });
  if (done === undefined) throw new SessionNotFoundError(id);
  const found = [...counts].map(([kind, count]) => ({ kind, count })).sort(byKind);
  const goes = dryRun === true ? found.length > 0 : givesUpOriginal;
  return {
    id,
    revision: done.revision,
    found,
    revisions: done.commits,
    original: edit.hasOriginal ? (goes ? "given up" : "kept") : "none",
    files: done.files,
    isChanged: done.isChanged || found.length > 0,
    mayBeUnfinished: done.mayBeUnfinished === true,
  };
}

function byKind(left: FoundKind, right: FoundKind): number {
  return left.kind < right.kind ? -1 : 1;
}
