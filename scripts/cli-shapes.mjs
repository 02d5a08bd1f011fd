// What each command prints with --json, in the notation of docs/cli.md. docs/cli.schema.json is made of it
// (scripts/cli-docs.mjs), and test/docs/cli-reference.test.ts compares it with what the commands print.
//
// {a: text, b?: int} an object with these members and no others, of which b may be missing; [x] a list; {*: x} any names;
// text, int, number, bool, null, any; x|y one of them; a name with a capital is one of SHARED.

export const SHARED = {
  Summary:
    "{id: text, title: text|null, autoTitle: text|null, tags: [text], userId: text, createdAt: text, updatedAt: text, revision: int, messageCount: int, takenOver: int, prompts: int|null, tokenCount: int, takenOverTokens: int, workspacePath: text|null, workspaceId: text|null, branch: text|null, parentId: text|null, model: text|null, custom: {*: text}, source: text, bytes: int, lastMessagePreview: text|null, held: any, packed?: bool, waiting?: any}",
  Told: "{id: text, title: text|null, source: text, updatedAt: text, revision: int, messageCount: int, workspace: text|null, model: text|null, parentId: text|null, lastMessagePreview: text|null}",
  Unreadable: "{id: text|null, where: text, code: text, message: text}",
  Problem: "{line?: int, offset: int, reason: text, salvaged: int, lost: bool}",
  Amounts:
    "{key?: text|null, title?: text, sessions: int, subagents: int, prompts: int, calls: int, input: int|null, output: int|null, cacheRead: int|null, cacheWrite: int|null, reasoning: int|null, costRecorded: number|null, costEstimated: number|null, tokensUnpriced: int}",
  Organized: "{sessions: [{id: text, title: text|null, tags: [text], custom: {*: text}, changed: bool}]}",
  WentBack: "{id: text, revision: int, messageCount: int, changed: bool}",
  SyncSource:
    "{agent: text, name: text, folder: text, isThere: bool, isAgreed: bool, files: int, bytes: int, new: int, changed: int, refused: any, due: any, gone: [{path: text, sessionId: text, updatedAt: text}], lastLook: any, wrong?: [text]}",
};

/** By what is typed; what is a line of its own for each, in a list, is said with it. */
export const SHAPES = {
  list: "{store: text, sessions: [Summary], unreadable: [Unreadable], nextCursor?: text}",
  "list --budget": "{store: text, sessions: [Told], unreadableSessions?: int, nextCursor?: text}",
  "show (first line)": "{session: Summary}",
  "show (each further line)": "{position: int, message: any}",
  "show --budget":
    "{session: Told, messages: [{position: int, role: text, at?: text, text: text, charactersLeft?: int}], next?: {reference: text, offset?: int}}",
  "show --branches (each line behind)": "{left: {position: int, messages: [any]}}",
  search:
    "{store: text, hits: [{id: text, title: text|null, position?: int, role?: text, snippet: text, marks: any, updatedAt: text, alsoIn?: any, takenFrom?: any}]}",
  "search --budget":
    "{store: text, hits: [{id: text, title: text|null, snippet: text, updatedAt: text, position?: int, reference?: text, role?: text}], hitsLeftOut?: int, next?: {skip: int}}",
  view: "{url: text, store: text}",
  stats:
    "{store: text, by: text, since?: text, until?: text, zone: text, total: Amounts, groups: [Amounts], withoutTokens: int, unpriced?: [{model: text, tokens: int}], unreadable: [{id: text, message: text}]}",
  workspaces:
    "{store: text, workspaces: [{id: text|null, path: text|null, paths: [text], sessionCount: int, messageCount: int, bytes: int, updatedAt: text, exists: bool|null}]}",
  sync: "{store: text, isAgreed: bool, sources: [any], unread?: [{name: text, folder: text}], isInterrupted?: bool}",
  "sync --status": "{store: text, isWell: bool, sources: [SyncSource], unread: [{name: text, folder: text}]}",
  "sync --watch (a line for each pass)":
    "{at: text, isWhole: bool, sources: [any], taken: [{path: text, sessionId: text, outcome: text, messagesAdded: int}], gone: [text]}",
  import:
    "{files: [{path: text, format: text, sessionId: text, outcome: text, divergedFrom?: any, forkedFrom?: any, messagesAdded: int, others: [any], source?: any, problemCount: int, lossy: any, problems: [Problem]}], failed: [{path: text, code: text, reason: text}], passedOver: int, unsupported: any, isInterrupted: bool}",
  "give-back": "{files: [{sessionId: text, path: text, bytes: int, outcome: text}]}",
  resume: "{agent: text, command: [text], directory: text|null}",
  handoff: "{sessionId: text, from: text, to?: text, secrets: int, text: text}",
  fork: "{id: text, revision: int, messageCount: int, from: any}",
  rewind: "WentBack",
  compact: "WentBack",
  undo: "{id: text, revision: int, messageCount: int, undone: any}",
  rename: "Organized",
  tag: "Organized",
  pin: "Organized",
  archive: "Organized",
  relink: "{dryRun: bool, sessions: [{id: text, from: text|null, to: text}]}",
  "move-project":
    "{done: bool, from: text, to: text, folders: [{agent: text, from: text, to: text}], files: [{agent: text, path: text, count: int}], rows: [{agent: text, path: text, table: text, column: text, count: int}], refused: [text]}",
  rm: "{removed: [{id: text, title: text|null}], trash: bool}",
  restore: "{restored: text, sessions: [text]}",
  trash:
    "{sessions: [{id: text, removedAt: text, title: text|null, messageCount: int, bytes: int, parentId: text|null}]}",
  "trash empty": "{removed: int}",
  cleanup:
    "{dryRun: bool, trash: bool, run: any, sessions: [{id: text, title: text|null, createdAt: text, updatedAt: text, bytes: int, because: text, reason: text}], kept: [{id: text, title: text|null, because: text}], changed: [{id: text, title: text|null}], emptied: [{id: text, title: text|null, removedAt: text}]}",
  "cleanup --log":
    "{removals: [{id: text, removedAt: text, to: text, title: text|null, messageCount: int, run: any, rule: any, reason: any}]}",
  doctor:
    "{ok: int, repairable: int, damaged: int, gone: int, sessions: [{id: text, state: text, findings: [text], actions: [text], lostRevisions: int|null, unpaired: [any]}], unreadable: [Unreadable]}",
  "doctor --secrets":
    "{looked: int, definite: int, sessions: [{id: text, counts: [{kind: text, tier: text, count: int}], places: [any]}], unreadable: [{id: text, code: text, message: text}]}",
  redact:
    "{dryRun: bool, id: text, revision: int, found: [{kind: text, count: int}], revisions: int, original: text, files: [text], isChanged: bool, importedFrom: any}",
  vacuum:
    "{dryRun: bool, sessions: [{id: text, title: text|null, begins: int, revisions: int, bytes: int}], spared: [{id: text, title: text|null, because: text}], trash: [{id: text, removedAt: text, title: text|null, messageCount: int, bytes: int, parentId: text|null}], bytes: int}",
  du: "{store: text, by: text, bytes: int, sessionCount: int, usage: [{key: text|null, title?: text|null, sessionCount: int, messageCount: int, bytes: int, content?: {text: int, thinking: int, calls: int, results: int, attachments: int, rest: int}}]}",
  checkpoint: "{id: text, revision: int}",
  pack: "{dryRun: bool, sessions: [{id: text, title: text|null, state: text, bytesBefore: int, bytesAfter: int}], failed: [{id: text, code: text, message: text}]}",
  "pack --dry-run":
    "{dryRun: bool, sessions: [{id: text, title: text|null, bytes: int, updatedAt: text}], failed: [{id: text, code: text, message: text}]}",
  copy: "{copied: int, unchanged: int, messages: int, failed: [{id: text, code: text, message: text}]}",
  path: "{path: text}",
  migrate: "{before: int, now: int}",
  health:
    "{isWell: bool, server: text, isPrimary: bool, tables: {version: int, expected: int}, connections: {used: int, most: int}, standbys: [{name: text, isSynchronous: bool, bytesBehind: int|null}], searchBehind: any}",
  expire: "{tenants: int, trashed: int, removed: int}",
  completion: "{shell: text, script: text}",
  "an error (a line on standard error)": "{error: {code: text, message: text}}",
};

const LEAVES = {
  text: { type: "string" },
  int: { type: "integer" },
  number: { type: "number" },
  bool: { type: "boolean" },
  null: { type: "null" },
  any: {},
};

/** JSON Schema of a shape. @throws {SyntaxError} */
function schemaOf(shape) {
  const tokens = shape.match(/[A-Za-z_]+|[^\s]/g) ?? [];
  const next = (expected) => {
    const token = tokens.shift();
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new SyntaxError(`${expected ?? "a type"} instead of ${token ?? "the end"} in ${shape}`);
    return token;
  };
  const take = (token) => tokens[0] === token && tokens.shift() !== undefined;
  const type = () => {
    const options = [one()];
    while (take("|")) options.push(one());
    return options.length === 1 ? options[0] : { anyOf: options };
  };
  const one = () => {
    const token = next();
    if (token === "[") {
      const items = type();
      next("]");
      return { type: "array", items };
    }
    if (token === "{") return object();
    if (Object.hasOwn(SHARED, token)) return { $ref: `#/$defs/${token}` };
    if (!Object.hasOwn(LEAVES, token)) throw new SyntaxError(`${token} is no type, in ${shape}`);
    return LEAVES[token];
  };
  const object = () => {
    const [properties, required] = [{}, []];
    do {
      if (take("*")) {
        next(":");
        const additionalProperties = type();
        next("}");
        return { type: "object", additionalProperties };
      }
      const name = next();
      if (!take("?")) required.push(name);
      next(":");
      properties[name] = type();
    } while (take(","));
    next("}");
    return { type: "object", properties, required, additionalProperties: false };
  };
  const schema = type();
  if (tokens.length > 0) throw new SyntaxError(`${tokens.join(" ")} too much in ${shape}`);
  return schema;
}

/** One schema with a definition for each shape, by its name. */
export function wholeSchema() {
  const all = Object.entries({ ...SHARED, ...SHAPES });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What astrid-sessions prints with --json",
    $defs: Object.fromEntries(all.map(([name, shape]) => [name, schemaOf(shape)])),
  };
}
