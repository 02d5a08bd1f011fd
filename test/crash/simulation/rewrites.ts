import type { Redact, SessionId, SessionStore } from "../../../src/index.ts";
import { Violation, type History } from "./history.ts";
import { openAlone } from "./open-alone.ts";
import type { Random } from "./random.ts";
import type { Content, SessionModel, State } from "./session-model.ts";
import type { SimDirectory } from "./sim-directory.ts";
import type { SimDisk } from "./sim-disk.ts";

/** A message to be redacted, by its short name: one that is stored for certain, in whatever life. */
export function messageToRedact({ base }: SessionModel, random: Random): string | undefined {
  const names = [base.live, ...base.trash].flatMap((one) => one?.messages ?? []);
  const whole = names.filter((name) => /^m\d+$/.test(name));
  return whole.length === 0 ? undefined : random.pick(whole);
}

/** Stores another text in its place: `r12` for `m12 xxx`. */
export function redactor(name: string): Redact {
  return (text) => (text.startsWith(`${name} `) ? `r${name.slice(1)}` : text);
}

/** What it makes of a session: a message that is not as it was made has a question mark. */
export function redacted({ live, trash }: State, name: string): State {
  const after = (content: Content): Content => ({
    ...content,
    messages: content.messages.map((one) => (one === name ? `r${name.slice(1)}?` : one)),
  });
  return { live: live && after(live), trash: trash.map(after) };
}

export async function redact(store: SessionStore, id: SessionId, name: string): Promise<number | boolean> {
  const { revision } = await store.redact(id, { also: redactor(name) });
  return revision === 0 ? true : revision;
}

/**
 * Whatever became of a redaction: done once more, on a copy of the disk, it leaves no byte of the message.
 * @throws {Violation}
 */
export async function assertRedactable(disk: SimDisk, history: History): Promise<void> {
  for (const [id, name] of history.redacted) {
    const { live, trash } = history.model(id).base;
    if (live === undefined && trash.length === 0) continue;
    const copy = disk.copy();
    const { store } = openAlone(copy);
    try {
      await store.redact(id, { also: redactor(name) });
      await store.close();
    } catch (error) {
      throw new Violation(`redact ${name} of ${id} again: ${(error as Error).stack ?? ""}`, { cause: error });
    }
    const left = filesWith(copy.root, `"${name} `);
    if (left.length > 0) throw new Violation(`redacted, ${name} of ${id} is left in ${left.join(", ")}`);
  }
}

function filesWith(directory: SimDirectory, text: string): string[] {
  return [...directory.names].flatMap(([name, node]) => {
    if (node.kind === "directory") return filesWith(node, text).map((inside) => `${name}/${inside}`);
    return node.content.includes(text) ? [name] : [];
  });
}
