/** A session's document as others read and write it. */
export interface Document {
  messages: { role: string; content: string }[];
  metadata: { title: string | null };
  [key: string]: unknown;
}

/** What Astrid knows; it drops every other key with its next save. */
const ASTRIDS = [
  ...["id", "user_id", "messages", "system_prompt", "created_at", "token_count", "metadata", "allowances"],
  ...["budget_snapshot", "escape_state", "workspace_path", "model", "git_state"],
];

/** `undefined` where there is no document, or nobody can read it. */
export function documentFrom(bytes: Buffer | undefined): Document | undefined {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString()) as Document;
  } catch {
    return undefined;
  }
}

/** As Astrid saves it: without our keys, with two spaces. */
export function astridsText(document: Document): string {
  return JSON.stringify(withoutOurKeys(document), null, 2);
}

export function withoutOurKeys(document: Document): Document {
  const { messages, metadata } = document;
  const kept = Object.fromEntries(ASTRIDS.map((key) => [key, document[key] ?? null]));
  return { ...kept, allowances: document["allowances"] ?? [], messages, metadata };
}
