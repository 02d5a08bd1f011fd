import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { firstKept, type GivenUp, type GiveUpOptions, type KeptFrom } from "../../give-up.ts";
import type { SessionEdit } from "../../session-edit.ts";
import type { FileContext } from "../disk/file-context.ts";
import { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { headerFrom } from "../journal/restated-journal.ts";
import { MessageArray } from "../read/messages/message-list.ts";
import { tombstones, type Tombstone } from "../read/trashed-lives.ts";
import { readJournalInto } from "../read/session-reading.ts";
import { sideEntries } from "../read/side-lines.ts";
import type { Turn } from "../write/session-writer.ts";
import { busy, checkLease, replaceFiles, TRIES } from "./rewrite-session.ts";
import { RewrittenJournal, type Restated } from "./rewritten-journal.ts";

/** Leaves every commit as it is. */
const AS_IT_IS: SessionEdit = {
  begin: () => undefined,
  at: () => undefined,
  message: (message: Message) => message,
  head: (changes) => changes,
  item: (_, item) => item,
  text: (text) => text,
  look: () => false,
};

/**
 * Gives up a session's history before a revision or a time: a journal that begins with that revision takes the place of
 * its own, as it does when the session is rewritten; see `rewriteSession`. The caller has the session's turn.
 * @throws {LeaseHeldError | LeaseLostError | CorruptSessionError | StorageError}
 */
export async function shortenSession(
  context: FileContext,
  id: SessionId,
  from: KeptFrom,
  turn: Turn,
  { lease }: GiveUpOptions = {},
): Promise<GivenUp | undefined> {
  await checkLease(context, id, lease);
  for (let attempt = 1; ; attempt++) {
    const session = await turn.open("thorough");
    if (session === undefined || session.isRemoved) return undefined;
    const plan = await planOf(session.journal, id, from);
    if (plan === undefined || !("restated" in plan)) return plan;
    const { restated, revisions } = plan;
    const rewritten = new RewrittenJournal(id, session.journal, AS_IT_IS, restated);
    let bytes = 0;
    const { outcome } = await replaceFiles(context, id, session, rewritten, () => {
      bytes = sizeOf(session.journal) - (rewritten.end - rewritten.origin);
      return Promise.resolve(true);
    });
    turn.forget();
    if (outcome === "rewritten") return { begins: restated.revision, revisions, bytes };
    if (attempt === TRIES) throw busy(id);
  }
}

/** What giving up its history would do to a session; changes nothing, and takes no lock. */
export async function lookAtHistory(
  { disk, paths }: FileContext,
  id: SessionId,
  from: KeptFrom,
  { trashGoes = false }: GiveUpOptions = {},
): Promise<GivenUp | undefined> {
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind === "absent") return undefined;
  if (found.kind === "unusable") throw new CorruptSessionError(id, found.detail);
  const { journal } = found;
  try {
    const plan = await planOf(journal, id, from, trashGoes);
    if (plan === undefined || !("restated" in plan)) return plan;
    const rewritten = new RewrittenJournal(id, journal, AS_IT_IS, plan.restated);
    let size = 0;
    for await (const line of rewritten.lines()) size += line.length;
    const { restated, revisions } = plan;
    const [life] = trashGoes ? tombstones(journal, await journal.ending()) : [];
    const whole = life === undefined ? sizeOf(journal) : sizeBehind(journal, id, life);
    return { begins: restated.revision, revisions, bytes: whole - size };
  } finally {
    journal.close();
  }
}

/** Of the journal, which may be packed. */
function sizeOf({ end, header }: Journal): number {
  return end - header.origin;
}

/** What the journal takes when the trash has gone from it. */
function sizeBehind(journal: Journal, id: SessionId, { end, life, revision, checksum }: Tombstone): number {
  return journal.end - end + headerFrom(id, journal, { offset: end, life, revision, checksum }).length;
}

type Plan = { readonly restated: Restated; readonly revisions: number } | GivenUp | undefined;

async function planOf(journal: Journal, id: SessionId, from: KeptFrom, trashGoes = false): Promise<Plan> {
  let commits: CommitRecord[] = [];
  const scan = await journal.scan(journal.begin, ({ record }) => {
    if (record.life !== commits[0]?.life) commits = [];
    commits.push(record);
  });
  if (scan.damage !== undefined) throw new CorruptSessionError(id, scan.damage.detail);
  const [first] = commits;
  const revision = firstKept(commits, from);
  if (first === undefined || revision === undefined || scan.removed !== undefined) return undefined;
  const revisions = revision - first.revision;
  if (revisions <= 0) return { begins: first.revision, revisions: 0, bytes: 0 };
  if (!trashGoes && journal.earlierOf(scan.last) !== undefined)
    return { begins: first.revision, revisions: 0, bytes: 0, waitsForTrash: true };
  const { life } = first;
  const reading = await readJournalInto(journal, id, new MessageArray(), { life, revision });
  const { own, session } = reading;
  if (own === undefined || session === undefined)
    throw new CorruptSessionError(id, `revision ${revision} cannot be read`);
  const side = await sideEntries({ checkpoint: undefined, journal }, journal.begin, own.position);
  const foreign = commits.findLast((one) => one.revision <= revision && one.foreign !== undefined)?.foreign;
  const operation = commits.find((one) => one.revision === revision)?.operation;
  const state = {
    head: own.head,
    messages: session.list.messages,
    side,
    at: own.updatedAt,
    foreign,
    operation,
  };
  return { restated: { ...own.position, state }, revisions };
}
