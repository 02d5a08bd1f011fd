import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

const places = [
  ["in files", temporaryDirectory],
  ["in memory", (): string => "memory:"],
] as const;
const edits: readonly (readonly [string, number, (store: SessionStore, id: string) => Promise<unknown>])[] = [
  ["ends where a vacuum lets it begin", 16, (store, id) => vacuumed(store, id)],
  ["goes on when the session is redacted", 41, (store, id) => store.redact(id, { also: ["word 7"] })],
];

async function vacuumed(store: SessionStore, id: string): Promise<void> {
  await store.vacuum({ history: { beforeRevision: 41 }, ids: [id] });
}

test.each(places.flatMap(([where, place]) => edits.map((edit) => [where, ...edit, place] as const)))(
  "%s, a history that is being read %s",
  async (_, __, count, edit, place) => {
    await using store = new SessionStore(place());
    const session = new AgentSession({ messages: [Message.user("begin")] });
    await store.save(session);
    for (let index = 0; index < 40; index++) await store.append(session.id, [Message.user(`word ${index}`)]);
    const told: number[] = [];
    for await (const { revision } of store.history(session.id)) {
      if (told.push(revision) === 3) await edit(store, session.id);
    }
    expect(told).toEqual(Array.from({ length: count }, (_one, index) => 41 - index));
  },
);
