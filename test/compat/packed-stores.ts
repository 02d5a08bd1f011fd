import { join } from "node:path";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { FixtureStore } from "./fixture-stores.ts";

/** Packed sessions, in the form of 0.1.0: kept under `packed-1`. */
export const PACKED_FIXTURES: Readonly<Record<string, FixtureStore>> = {
  /** A document was beside it, and a revision that was replaced. */
  packed: async (directory) => {
    await using store = new SessionStore(directory);
    const session = new AgentSession({ systemPrompt: "You are helpful", metadata: { title: "Packed" } });
    for (let index = 0; index < 30; index++) session.addMessage(Message.user(`message ${index}`));
    await store.save(session);
    session.spliceMessages(0, 20, Message.system("What was said so far."));
    await store.save(session);
    await store.commit(session.id, { side: { steps: [{ n: 1 }, "two"] } });
    await store.checkpoint(session.id);
    await packed(store, session.id);
  },

  /** No document was ever there. */
  "packed-journal": async (directory) => {
    await using store = new SessionStore(directory);
    const session = new AgentSession({ metadata: { title: "Packed without a document" } });
    for (let index = 0; index < 12; index++) session.addMessage(Message.user(`message ${index}`));
    await store.save(session);
    await packed(store, session.id);
  },
};

async function packed(store: SessionStore, id: string): Promise<void> {
  const { state } = await store.pack(id);
  if (state !== "packed") throw new Error(`${join(store.location, id)} was not packed: ${state}`);
}
