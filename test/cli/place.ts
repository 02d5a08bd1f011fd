import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { nextMillisecond } from "../../src/conformance/samples.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";

/** Two sessions whose ids begin alike. */
export const ONE = "aaaa1111-0000-4000-8000-000000000000";
export const TWO = "aaaa2222-0000-4000-8000-000000000000";

/** A folder of its own for each test of the file that imports this, and the place of a store in it. */
export let base: string;
export let directory: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-cli-"));
  directory = join(base, "store");
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

/** Stores a session with these prompts in it; the next one is changed later. */
export async function save(
  id: string,
  title: string | null,
  texts: readonly string[],
  options = {},
): Promise<void> {
  await using store = new SessionStore(directory);
  const messages = texts.map((text) => Message.user(text));
  await store.save(new AgentSession({ id, metadata: { title }, messages, ...options }));
  await nextMillisecond();
}
