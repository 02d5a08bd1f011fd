import type { SecretPlace, SecretsFound, SessionId } from "../../../index.ts";
import { SessionNotFoundError, SessionStoreError } from "../../../session/errors/errors.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { Progress } from "../../output/progress.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";

/** What could not be looked through. */
interface Unread {
  readonly id: SessionId;
  readonly code: string;
  readonly message: string;
}

/** A person is shown so many places of a session; `--json` has all. */
const SHOWN = 10;

/** Looks for secrets in everything that is stored, and tells where they are; none is printed. */
export async function findSecretsInStore({ store, output }: Context): Promise<ExitCode> {
  const progress = new Progress();
  const ids = await allIds(store);
  const found: SecretsFound[] = [];
  const unread: Unread[] = [];
  let done = 0;
  for (const id of ids) {
    progress.show(() => `looked through ${done} of ${counted(ids.size, "session")}`);
    done++;
    const one = await lookAt(store, id, unread);
    if (one === undefined || one.counts.length === 0) continue;
    if (output.json) found.push(one);
    else {
      progress.clear();
      found.push({ ...one, places: [] });
      await tell({ output }, one);
    }
  }
  progress.clear();
  const isDefinite = (one: SecretsFound): boolean => one.counts.some(({ tier }) => tier === "definite");
  const definite = found.filter(isDefinite).length;
  if (output.json) {
    await output.document({ looked: ids.size, definite, sessions: found, unreadable: unread });
  } else {
    for (const { id, message } of unread) await output.line(`unreadable  ${id}: ${printable(message)}`);
    const parts = [`${counted(ids.size, "session")}: ${definite} with secrets`];
    if (found.length > definite) parts.push(`${found.length - definite} with candidates only`);
    await output.line(`${parts.join(", ")}.`);
    if (definite > 0)
      output.note(
        '"astrid-sessions redact <id>" replaces them, in the history too; candidates only with --also.',
      );
  }
  if (definite > 0) return EXIT.found;
  return unread.length > 0 ? EXIT.unreadable : EXIT.ok;
}

/** Of sessions, of what is in the trash, and of what cannot be read. */
async function allIds(store: SessionStore): Promise<ReadonlySet<SessionId>> {
  const ids = new Set<SessionId>();
  for await (const { id } of store.sessions()) ids.add(id);
  const { unreadable } = await store.list({ limit: 1 });
  for (const { id } of unreadable) if (id !== undefined) ids.add(id);
  for (const { id } of await store.trashed()) ids.add(id);
  return ids;
}

async function lookAt(
  store: SessionStore,
  id: SessionId,
  unread: Unread[],
): Promise<SecretsFound | undefined> {
  try {
    return await store.secretsIn(id);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    if (!(error instanceof SessionStoreError)) throw error;
    unread.push({ id, code: error.code, message: error.message });
    return undefined;
  }
}

async function tell(
  { output }: Pick<Context, "output">,
  { id, counts, places }: SecretsFound,
): Promise<void> {
  const isDefinite = counts.some(({ tier }) => tier === "definite");
  await output.line(
    `${output.style(isDefinite ? "red" : "yellow", isDefinite ? "secrets" : "candidates")}  ${id}`,
  );
  for (const { kind, tier, count } of counts)
    await output.line(`  ${kind}  ${count}${tier === "candidate" ? "  (candidate: look yourself)" : ""}`);
  for (const place of places.slice(0, SHOWN)) await output.line(`    ${placeText(place)}`);
  if (places.length > SHOWN)
    await output.line(`    … and ${places.length - SHOWN} more places (--json has them)`);
}

/** `github-token: message 4 of revision 7, in the trash` */
function placeText({
  kind,
  where,
  revision,
  inTrash,
  position,
  field,
  list,
  path,
  count,
}: SecretPlace): string {
  const what = {
    message: `message ${position ?? "?"}`,
    field: `field ${field ?? "?"}`,
    "side-list": `side list ${printable(list ?? "?")}`,
    commit: "another text",
    log: "the log of removals",
    file: printable(path ?? "?"),
  }[where];
  const of = revision === undefined ? "" : ` of revision ${revision}`;
  return `${kind}: ${what}${of}${inTrash ? ", in the trash" : ""}${count > 1 ? `, ${count} times` : ""}`;
}
