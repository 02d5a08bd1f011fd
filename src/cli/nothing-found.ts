import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { SearchQuery } from "../index.ts";
import { isAgent, isSpeaker } from "../faces/query.ts";
import { isOwnPath } from "../home/own-path.ts";
import type { Context } from "./context.ts";
import { usageError } from "./exit-code.ts";
import { oneLine } from "./output/text-width.ts";

/** What a command was narrowed to by names. */
export interface Narrowed {
  /** What made the sessions, and the option that said so. */
  readonly source?: string | undefined;
  readonly sourceOption?: string;
  readonly role?: string | undefined;
  readonly tag?: string | undefined;
  /** A part of a model's name. */
  readonly model?: string | undefined;
  /** A directory, as it was typed; `true`: the one that the command runs in. */
  readonly workspace?: string | true | undefined;
}

const MOST = 12;

/**
 * Looks why nothing was found: a name that nobody has is a slip, and an empty answer would hide it. Only names that
 * nothing here or in the store is called by are refused; of tags and models, which come and go, it is only told.
 * @throws {CommandError} for an agent or a role that there is not.
 */
export async function explainNothing({ store, output }: Context, narrowed: Narrowed): Promise<void> {
  const { source, sourceOption = "--source", role, tag, model, workspace } = narrowed;
  if (role !== undefined && !isSpeaker(role) && !role.includes(":"))
    throw usageError(
      `Nobody speaks as ${JSON.stringify(role)}: --role is user (or you), assistant (or agent), tool or system.`,
    );
  if (typeof workspace === "string" && isOwnPath(workspace) && !existsSync(resolve(workspace)))
    output.note(
      `There is no directory ${JSON.stringify(workspace)}; "workspaces" lists those of the sessions.`,
    );
  if ((source === undefined || isAgent(source)) && tag === undefined && model === undefined) return;
  const sources = new Set<string>();
  const tags = new Set<string>();
  const models = new Set<string>();
  for (const session of (await store.list({})).sessions) {
    sources.add(session.source);
    for (const one of session.tags) tags.add(one);
    if (session.model !== null) models.add(session.model);
  }
  if (source !== undefined && !isAgent(source) && !sources.has(source))
    throw usageError(
      `There is no agent ${JSON.stringify(source)} (${sourceOption}).${those("Sessions here are of", sources)}`,
    );
  if (tag !== undefined && !tags.has(tag))
    output.note(`No session has the tag ${JSON.stringify(tag)}.${those("There are", tags)}`);
  const part = model?.toLowerCase();
  if (part !== undefined && ![...models].some((one) => one.toLowerCase().includes(part)))
    output.note(`No session is of a model like ${JSON.stringify(model)}.${those("There are", models)}`);
}

/** Says which agents were to be left out that nobody has heard of: of those, nothing was left out. */
export async function explainLeftOut(
  { store, output }: Context,
  { source: names = [] }: NonNullable<SearchQuery["except"]>,
): Promise<void> {
  const unknown = names.filter((name) => !isAgent(name));
  if (unknown.length === 0) return;
  const sources = new Set((await store.list({})).sessions.map(({ source }) => source));
  for (const name of unknown.filter((one) => !sources.has(one)))
    output.note(
      `There is no agent ${JSON.stringify(name)} to leave out.${those("Sessions here are of", sources)}`,
    );
}

function those(what: string, names: ReadonlySet<string>): string {
  const sorted = [...names].sort();
  if (sorted.length === 0) return "";
  const more = sorted.length > MOST ? ", …" : "";
  return ` ${what} ${sorted.slice(0, MOST).map(oneLine).join(", ")}${more}.`;
}
