import { crc32 } from "node:zlib";
import type { Json } from "../../../../session/json/json.ts";
import { parsedMessage, type Message } from "../../../../session/message.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { SessionSummary } from "../../../../session/summary/summary.ts";
import { takenFrom } from "../../../../session/taken-over.ts";
import type { SearchHit, SearchQuery } from "../../../contract.ts";
import { checkSearch, type Phrase } from "../../../search/search-query.ts";
import { unwantedOf } from "../../../search/search-leaves-out.ts";
import { inWorkspace } from "../summaries/list-conditions.ts";
import { snippetOf } from "../../../search/search-snippet.ts";
import { searchInStages } from "../../../search/search-stages.ts";
import { searchableText } from "../../../search/search-text.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { Journal } from "../../journal/journal.ts";
import { streamMessages } from "../../read/messages/message-stream.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { journalIdentity } from "../summaries/file-identity.ts";
import type { Parameter } from "../summaries/list-conditions.ts";
import type { Statements } from "../statements.ts";
import { hasRowsOfNobody, TITLE } from "./text-rows.ts";

/** A find, as the index has it. */
interface Found {
  readonly id: SessionId;
  readonly title: string | null;
  readonly updatedAt: string;
  /** JSON. */
  readonly custom: string;
  readonly position: number;
  readonly role: string | null;
  readonly at: number | null;
  readonly length: number | null;
  readonly sum: number | null;
  readonly journal: string | null;
}

/**
 * Of so many finds, the newest ones, the best come first, then the best of so many that are older: to rank one costs far
 * more than to find it. So the order is the same however many are asked for.
 */
const RANKED = 500;

/** What the full text finds. */
export async function searchIndex(
  statements: Statements,
  context: FileContext,
  query: SearchQuery,
): Promise<SearchHit[]> {
  return await searchInStages(query.text, checkSearch(query).limit, (phrases, most) =>
    findPhrases(statements, context, query, phrases, most),
  );
}

/** Of the finds that were stored last, the best first. The index has no texts: they are read where they stand. */
async function findPhrases(
  statements: Statements,
  context: FileContext,
  query: SearchQuery,
  phrases: readonly Phrase[],
  limit: number,
): Promise<SearchHit[]> {
  const { since, until } = checkSearch(query);
  const { workspace, user, role, tool, source, tag, directory, except = {} } = query;
  const filters: string[] = [];
  const parameters: Parameter[] = [matchText(phrases, unwantedOf(query))];
  const add = (condition: string, ...values: Parameter[]): void => {
    filters.push(` AND ${condition}`);
    parameters.push(...values);
  };
  if (role !== undefined) add("m.role = ?", role);
  if (user !== undefined) add("s.user = ?", user);
  if (tool !== undefined) add("instr(m.tools, ?) > 0", JSON.stringify(tool.toLowerCase()));
  if (source !== undefined) add("s.source = ?", source);
  if (tag !== undefined) add("EXISTS (SELECT 1 FROM json_each(s.summary, '$.tags') WHERE value = ?)", tag);
  if (directory !== undefined) add("instr(lower(s.workspace_path), lower(?)) > 0", directory);
  if (since !== -Infinity) add("s.updated >= ?", since);
  if (until !== Infinity) add("s.updated < ?", until);
  // A title has no role, and nobody calls a tool in it.
  for (const one of except.role ?? []) add("m.role IS NOT ?", one);
  for (const one of except.tool ?? [])
    add("instr(coalesce(m.tools, ''), ?) = 0", JSON.stringify(one.toLowerCase()));
  for (const one of except.source ?? []) add("s.source <> ?", one);
  for (const one of except.tag ?? [])
    add("NOT EXISTS (SELECT 1 FROM json_each(s.summary, '$.tags') WHERE value = ?)", one);
  for (const one of except.directory ?? [])
    add("instr(lower(coalesce(s.workspace_path, '')), lower(?)) = 0", one);
  if (workspace !== undefined) {
    const [condition, ...values] = inWorkspace(workspace, "s.");
    add(condition, ...values);
  }
  const hasOthers = hasRowsOfNobody(statements);
  const matching =
    filters.length === 0 && !hasOthers
      ? "text WHERE text MATCH ?"
      : `text JOIN messages m ON m.key = text.rowid JOIN sessions s ON s.key = m.session
         WHERE text MATCH ?${filters.join("")}`;
  const slice = new TimeSlice();
  // Rows are numbered as they come: the higher, the later it was stored.
  const oldestOf = statements.of(
    `SELECT text.rowid AS key FROM ${matching} AND text.rowid < ? ORDER BY text.rowid DESC LIMIT 1 OFFSET ${RANKED - 1}`,
  );
  // To sort by `rank` itself is left to FTS5, which then ranks all finds there are.
  const best = `SELECT text.rowid AS key, text.rank AS score FROM ${matching} AND text.rowid >= ? AND text.rowid < ?
                ORDER BY +text.rank, text.rowid DESC LIMIT ?`;
  const bestOf = statements.of(
    `SELECT s.id, json_extract(s.summary, '$.title') AS title, json_extract(s.summary, '$.updatedAt') AS updatedAt,
            json_extract(s.summary, '$.custom') AS custom,
            m.position, m.role, m.at, m.length, m.sum, t.journal
     FROM (${best}) b JOIN messages m ON m.key = b.key JOIN sessions s ON s.key = m.session
                      JOIN texts t ON t.session = s.key
     WHERE s.state = 0 ORDER BY b.score, b.key DESC`,
  );
  // Rows of sessions that are gone are dropped behind the limit: then a block is read whole.
  const least = hasOthers ? RANKED : 0;
  const found: Found[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; found.length < limit && before > 0;) {
    const oldest = (oldestOf.get(...parameters, before)?.["key"] ?? 0) as number;
    if (slice.isOver) await slice.next();
    const missing = limit - found.length;
    const rows = bestOf.all(...parameters, oldest, before, Math.max(missing, least)) as unknown as Found[];
    found.push(...rows.slice(0, missing));
    before = oldest;
  }
  using journals = new OpenJournals(context);
  const hits: SearchHit[] = [];
  for (const one of found) {
    if (slice.isOver) await slice.next();
    const text = one.position === TITLE ? one.title : await textOf(context, journals, one);
    const position = one.position === TITLE ? undefined : one.position;
    const from = takenFrom(JSON.parse(one.custom) as SessionSummary["custom"], position);
    hits.push({
      id: one.id,
      title: one.title,
      position,
      role: one.role ?? undefined,
      ...snippetOf(text ?? "", phrases),
      updatedAt: one.updatedAt,
      ...(from === undefined ? {} : { takenFrom: from }),
    });
  }
  return hits;
}

/** The phrases in FTS5's language: words have letters and digits only, so that nothing in them is an operator. */
function matchText(phrases: readonly Phrase[], unwanted: readonly Phrase[]): string {
  const wanted = phrases.map(phraseText).join(" AND ");
  return unwanted.length === 0 ? wanted : `(${wanted}) NOT (${unwanted.map(phraseText).join(" OR ")})`;
}

function phraseText({ words, prefix, loose = false, slips }: Phrase): string {
  const written = `"${words.join(" ")}"${prefix || loose ? " *" : ""}`;
  const columns = loose && words.length === 1 ? "{content parts}" : "content";
  return `${columns} : (${[written, ...Array.from(slips ?? [], (slip) => `"${slip}"`)].join(" OR ")})`;
}

async function textOf(
  context: FileContext,
  journals: OpenJournals,
  found: Found,
): Promise<string | undefined> {
  const message = journals.read(found) ?? (await messageAt(context, found));
  return message === undefined ? undefined : searchableText(message);
}

async function messageAt(context: FileContext, { id, position }: Found): Promise<Message | undefined> {
  try {
    for await (const { message } of streamMessages(context, id, { from: position, limit: 1 })) return message;
  } catch {
    // It was removed, or damaged, since it was indexed: the hit stays without its text.
  }
  return undefined;
}

/** Journals that hits are read from. */
class OpenJournals {
  readonly #context: FileContext;
  readonly #open = new Map<SessionId, Journal | undefined>();

  constructor(context: FileContext) {
    this.#context = context;
  }

  /** The message where the index says it stands; `undefined` when the journal is another one by now. */
  read({ id, at, length, sum, journal: identity }: Found): Message | undefined {
    if (at === null || length === null || identity === null) return undefined;
    try {
      const journal = this.#journal(id);
      if (journal === undefined || journalIdentity(journal.stat(), journal.header) !== identity)
        return undefined;
      const bytes = journal.bytesAt(at, length);
      return crc32(bytes) === sum ? parsedMessage(JSON.parse(bytes.toString("utf8")) as Json) : undefined;
    } catch {
      // What is wrong with this session costs no more than the text of its hit.
      return undefined;
    }
  }

  #journal(id: SessionId): Journal | undefined {
    if (!this.#open.has(id)) {
      const found = Journal.open(this.#context.disk, this.#context.paths, id, "read");
      this.#open.set(id, found.kind === "ok" ? found.journal : undefined);
    }
    return this.#open.get(id);
  }

  [Symbol.dispose](): void {
    for (const journal of this.#open.values()) journal?.close();
  }
}
