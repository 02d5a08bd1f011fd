// Run in a process of its own: handles a big session in every way and prints for how many milliseconds each held up
// the process at a stretch. Arguments: a directory that is made, the session's bytes, and `work` to count what was done
// at a stretch instead. What cannot be done in pieces, and takes as long as it is large, is marked as a limit.
import { join } from "node:path";
import { sqlite } from "../../src/sqlite.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { makeJournal } from "./journal-maker.ts";
import { longestTick } from "./longest-tick.ts";
import { mostWork } from "./most-work.ts";

const [directory = "", size, how] = process.argv.slice(2);
const bytes = Number(size);

async function step(what: string, work: () => Promise<unknown>, isLimit = false): Promise<void> {
  if (how === "work") {
    console.log(JSON.stringify({ what, isLimit, ...(await mostWork(work)) }));
    return;
  }
  const begun = performance.now();
  const { block, collection, result } = await longestTick(work);
  const milliseconds = Math.round(performance.now() - begun);
  const pauses = { block: Math.round(block), collection: Math.round(collection) };
  console.log(JSON.stringify({ what, isLimit, milliseconds, ...pauses, result }));
}

const limit = (what: string, work: () => Promise<unknown>): Promise<void> => step(what, work, true);

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of items) found++;
  return found;
}

/** What a process does for the first time waits for its modules. */
async function warmUp(): Promise<void> {
  await using store = new SessionStore(join(directory, "small"));
  const session = new AgentSession({ messages: [Message.user("hello")] });
  await store.save(session);
  await store.checkpoint(session.id);
  await store.load(session.id);
  await store.search("hello");
  await store.verify(session.id);
  await store.delete((await store.fork(session.id)).id);
}

/** Resolves when nothing is left in the full text of what was removed from it. */
async function merged(place: string): Promise<void> {
  const { DatabaseSync } = sqlite();
  using database = new DatabaseSync(join(place, "index.sqlite"), { readOnly: true });
  const left = database.prepare("SELECT 1 FROM messages WHERE session = 0 LIMIT 1");
  while (left.get() !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
}

await warmUp();
for (const turns of ["long", "short"] as const) {
  const place = join(directory, turns);
  const { id } = makeJournal(place, turns === "long" ? bytes : bytes / 10, turns);
  let store = new SessionStore(place);
  const load = async (): Promise<unknown> => (await store.load(id))?.messageCount;
  const search = async (): Promise<unknown> => (await store.search("turn of words")).length;
  const list = async (): Promise<unknown> => (await store.listWithMetadata())[0]?.messageCount;

  await step(`${turns}: list`, list);
  await step(`${turns}: load from the journal`, load);
  await step(`${turns}: append`, async () => {
    for (let turn = 0; turn < 20; turn++) await store.append(id, [Message.user(`appended ${turn}`)]);
  });
  await step(`${turns}: checkpoint`, () => store.checkpoint(id));
  await step(`${turns}: load from the checkpoint`, load);
  await step(`${turns}: load and save`, async () => {
    const session = (await store.load(id)) as AgentSession;
    session.addMessage(Message.user("saved"));
    return (await store.save(session)).revision;
  });
  await step(`${turns}: messages`, () => count(store.messages(id)));
  await step(`${turns}: messages, newest first`, () => count(store.messages(id, { reverse: true })));
  await step(`${turns}: history`, () => count(store.engine.commits(id, 0)));
  await step(`${turns}: search, the index is made`, search);
  await step(`${turns}: search`, search);
  await step(`${turns}: append and search`, async () => {
    await store.append(id, [Message.user("found at once")]);
    return (await store.search("found at once")).length;
  });
  await step(`${turns}: close and open`, async () => {
    await store.close();
    store = new SessionStore(place);
  });
  await step(`${turns}: list again`, list);
  await step(`${turns}: verify`, async () => (await store.verify(id)).state);
  await step(`${turns}: fork of an early revision`, async () => {
    return (await store.fork(id, { revision: 2 })).messageCount;
  });

  if (turns === "long") {
    let fork = "";
    await limit("all in one commit: fork", async () => (fork = (await store.fork(id)).id));
    await store.checkpoint(fork);
    await step("all in one commit: load", async () => (await store.load(fork))?.messageCount);
    await limit("all in one commit: delete", () => store.delete(fork));
    const message = Message.user("x".repeat(bytes / 5));
    const giant = new AgentSession({ messages: [message] });
    await limit("one message of a fifth: save", () => store.save(giant));
    await store.checkpoint(giant.id);
    await limit("one message of a fifth: load", async () => (await store.load(giant.id))?.messageCount);
    await limit("one message of a fifth: messages", () => count(store.messages(giant.id)));
    await step("one message of a fifth: list", list);
    await limit("one message of a fifth: search", search);
  }

  await step(`${turns}: load and summarise`, async () => {
    const session = (await store.load(id)) as AgentSession;
    session.spliceMessages(0, session.messageCount - 10, Message.system("what was said so far"));
    return (await store.save(session)).messageCount;
  });
  await step(`${turns}: search, the index follows`, search);
  await step(`${turns}: the index is merged`, () => merged(place));
  await step(`${turns}: search behind that`, search);
  await step(`${turns}: load behind that`, load);
  await step(`${turns}: into the trash`, () => store.delete(id, { trash: true }));
  await step(`${turns}: restore`, () => store.restore(id));
  await step(`${turns}: delete`, () => store.delete(id));
  await step(`${turns}: close`, () => store.close());
}
