import { AgentSession, MemoryEngine, Message, SessionStore, type Revision } from "../../src/index.ts";
import { all } from "../compat/fixture-reading.ts";
import { picture, type Row } from "./draw-rows.ts";

const ID = "11111111-0000-4000-8000-000000000000";

/** What docs/concepts.md shows, drawn from a store in which it happens; the same each time. */
export async function conceptPictures(): Promise<Record<string, string>> {
  return {
    "head-and-history": await headAndHistory(),
    fork: await fork(),
    context: await context(),
    trash: await trash(),
  };
}

function said(...texts: string[]): Message[] {
  return texts.map((text, index) => Message.from({ role: index % 2 ? "assistant" : "user", content: text }));
}

async function begin(): Promise<SessionStore> {
  const store = new SessionStore(new MemoryEngine());
  await store.save(new AgentSession({ id: ID, messages: said("a", "b") }));
  await store.append(ID, said("c", "d"));
  return store;
}

/** A box for each revision, the oldest first, with what it changed. */
async function historyRow(store: SessionStore, id: string, title: string): Promise<Row> {
  const revisions = (await all(store.history(id))).toReversed();
  return {
    title,
    boxes: revisions.map((revision, index) => ({
      text: `${revision.revision}`,
      below: changeOf(revision),
      tone: index === revisions.length - 1 ? "head" : "plain",
      ...(index === revisions.length - 1 ? { above: "head" } : {}),
    })),
    isLine: true,
  };
}

function changeOf({ changed, messageCount }: Revision): string {
  const { removed = 0, added = 0 } = changed?.messages ?? {};
  const parts = [...(removed > 0 ? [`−${removed}`] : []), ...(added > 0 ? [`+${added}`] : [])];
  return `${parts.join(" ") || "±0"} → ${messageCount}`;
}

function messagesRow(title: string, messages: readonly Message[], own = 0): Row {
  return {
    title,
    boxes: messages.map(({ role, content }, index) => ({
      text: role === "system" ? "summary" : (content as string),
      tone: role === "system" ? "head" : index < own ? "faint" : "plain",
    })),
    isLine: false,
  };
}

async function headAndHistory(): Promise<string> {
  await using store = await begin();
  await store.rewind(ID, { position: 2 });
  await store.undo(ID);
  return picture("Revisions of a session: two saves, a rewind, and its undo", [
    await historyRow(store, ID, "history"),
    messagesRow("the head's messages", (await store.load(ID))?.messages ?? []),
    messagesRow("revision 3 held", (await store.load(ID, { revision: 3 }))?.messages ?? []),
  ]);
}

async function fork(): Promise<string> {
  await using store = await begin();
  const other = await store.fork(ID, { position: 2 });
  await store.append(other.id, said("e", "f"));
  return picture("A session, and one that was forked from its first two messages", [
    messagesRow("the session", (await store.load(ID))?.messages ?? []),
    messagesRow("the fork", (await store.load(other.id))?.messages ?? [], 2),
  ]);
}

async function context(): Promise<string> {
  await using store = await begin();
  await store.append(ID, said("e", "f", "g", "h"));
  await store.compact(ID, { summary: "what was said so far", keepRecent: 2 });
  const session = await store.load(ID);
  return picture("What was said, and what a model is sent after compact", [
    messagesRow("messages", session?.messages ?? []),
    messagesRow("context", session?.context() ?? []),
  ]);
}

async function trash(): Promise<string> {
  await using store = await begin();
  const states: [string, number][] = [];
  const look = async (what: string): Promise<void> => {
    states.push([what, (await store.list()).length]);
  };
  await look("saved");
  await store.delete(ID, { trash: true });
  await look("in the trash");
  await store.restore(ID);
  await look("restored");
  await store.delete(ID);
  await look("deleted");
  return picture("A session on its way through the trash: whether a list shows it", [
    {
      title: "listed?",
      boxes: states.map(([below, count]) => ({
        text: count > 0 ? "yes" : "no",
        below,
        tone: count > 0 ? "head" : "faint",
      })),
      isLine: true,
    },
  ]);
}
