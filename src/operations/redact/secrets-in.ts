import type { StorageEngine } from "../../engine/contract.ts";
import type { EditPlace } from "../../engine/session-edit.ts";
import { NotSupportedError, SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SecretTier } from "../../redaction/secret-formats.ts";
import type { HeadField } from "../../session/head.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SecretEdit, type FindPart } from "./secret-edit.ts";

/** A place where secrets of one kind stand; the secrets themselves are not told. */
export interface SecretPlace {
  /** What it is, such as `github-token`, `jwt`. */
  readonly kind: string;
  /** `candidate`: likely to be one, and not touched by `redact`; a person has to look. */
  readonly tier: SecretTier;
  /**
   * A message, a field of the session, an item of a side list, another text of a commit (an operation id, why it was
   * removed), an entry in the log of removals, or a file that was set aside.
   */
  readonly where: "message" | "field" | "side-list" | "commit" | "log" | "file";
  /** The revision that brought it; `undefined` for what is in none. */
  readonly revision: number | undefined;
  /** It is in a life that is in the trash. */
  readonly inTrash: boolean;
  /** Where the message stood when it was stored. */
  readonly position: number | undefined;
  readonly field: HeadField | undefined;
  readonly list: string | undefined;
  readonly path: string | undefined;
  /** How many stand there. */
  readonly count: number;
}

export interface SecretCount {
  readonly kind: string;
  readonly tier: SecretTier;
  readonly count: number;
}

/** What was found of secrets in everything that is stored of a session. */
export interface SecretsFound {
  readonly id: SessionId;
  readonly counts: readonly SecretCount[];
  /** The first thousand places. */
  readonly places: readonly SecretPlace[];
}

/** More are counted, but not told one by one. */
const MOST_PLACES = 1000;

/**
 * Looks through everything that was ever stored of a session, and changes nothing. Memory: a thousand places, and what
 * reading the history takes.
 * @throws {SessionNotFoundError | CorruptSessionError | NotSupportedError}
 */
export async function secretsIn(engine: StorageEngine, id: SessionId): Promise<SecretsFound> {
  if (engine.rewrite === undefined) throw new NotSupportedError("a search for secrets", engine.name);
  const places = new Map<string, SecretPlace>();
  const counts = new Map<string, SecretCount>();
  const edit = new SecretEdit({
    candidates: true,
    onBegin: () => {
      places.clear();
      counts.clear();
    },
    onFind: (place, part, { kind, tier }) => {
      const counted = counts.get(`${tier} ${kind}`)?.count ?? 0;
      counts.set(`${tier} ${kind}`, { kind, tier, count: counted + 1 });
      const found = { kind, tier, ...placeOf(place, part) };
      const key = JSON.stringify(found);
      const before = places.get(key)?.count ?? 0;
      if (before > 0 || places.size < MOST_PLACES) places.set(key, { ...found, count: before + 1 });
    },
  });
  if ((await engine.rewrite(id, edit, { dryRun: true })) === undefined) throw new SessionNotFoundError(id);
  return { id, counts: [...counts.values()].sort(byTierAndKind), places: [...places.values()] };
}

function placeOf(place: EditPlace, part: FindPart): Omit<SecretPlace, "kind" | "tier" | "count"> {
  const where =
    part.part === "side"
      ? "side-list"
      : part.part !== "text"
        ? part.part
        : place.kind === "commit" || place.kind === "document"
          ? "commit"
          : place.kind;
  return {
    where,
    revision: place.kind === "commit" ? place.revision : undefined,
    inTrash: place.kind === "commit" && place.inTrash,
    position: part.part === "message" ? part.position : undefined,
    field: part.part === "field" ? part.field : undefined,
    list: part.part === "side" ? part.list : undefined,
    path: place.kind === "file" ? place.path : undefined,
  };
}

/** What is certain comes first. */
function byTierAndKind(left: SecretCount, right: SecretCount): number {
  if (left.tier !== right.tier) return left.tier === "definite" ? -1 : 1;
  return left.kind < right.kind ? -1 : 1;
}
