import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { AgentSession } from "../../session/agent-session.ts";
import { Message } from "../../session/message.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { numbered } from "../samples.ts";

const WORD = "shibboleth";

/** A session that says a word in its second message. */
async function spoken(store: SessionStore, tag = "origin"): Promise<AgentSession> {
  const messages = [Message.user("first"), Message.user(`the ${WORD} that is looked for`)];
  const session = new AgentSession({ messages, metadata: { tags: [tag] } });
  await store.save(session);
  return session;
}

type Find = readonly [id: string, position: number | undefined, alsoIn: ReadonlySet<string>];

async function finds(
  store: SessionStore,
  query: Parameters<SessionStore["search"]>[1] = {},
): Promise<Find[]> {
  const hits = await store.search(WORD, query);
  return hits.map(({ id, position, alsoIn = [] }) => [id, position, new Set<string>(alsoIn)]);
}

const on = (engine: StorageEngine): SessionStore => new SessionStore(engine);

export const searchedForks: Chapter = {
  title: "search and forks",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.search) return;

    guarantee("a message that forks took over is one find, where it was said", async (engine) => {
      const store = on(engine);
      const { id } = await spoken(store);
      const first = await store.fork(id);
      const second = await store.fork(id, { position: 2 });
      const again = await store.fork(first.id);
      await store.append(again.id, numbered(2));
      assert.deepEqual(await finds(store), [[id, 1, new Set([first.id, second.id, again.id])]]);
      assert.deepEqual(
        (await finds(store, { limit: 1 })).map(([found]) => found),
        [id],
      );
    });

    guarantee("what a fork said itself is a find of its own, also in the same words", async (engine) => {
      const store = on(engine);
      const { id, messages } = await spoken(store);
      const fork = await store.fork(id, { position: 1 });
      await store.append(fork.id, messages.slice(1));
      const found = await finds(store);
      assert.deepEqual(
        new Map(found.map(([one, ...rest]) => [one, rest])),
        new Map([
          [id, [1, new Set()]],
          [fork.id, [1, new Set()]],
        ] as const),
      );
    });

    guarantee("where the session is gone, or goes another way, a fork's copy is the find", async (engine) => {
      const store = on(engine);
      const { id } = await spoken(store);
      const fork = await store.fork(id);
      await store.rewind(id, { position: 1 });
      await store.append(id, [Message.user("another way")]);
      assert.deepEqual(await finds(store), [[fork.id, 1, new Set()]]);
      await store.undo(id);
      assert.deepEqual(await finds(store), [[id, 1, new Set([fork.id])]]);
      const other = await store.fork(id);
      await store.delete(id);
      const [found, ...more] = await finds(store);
      assert.deepEqual(more, []);
      assert.deepEqual(new Set([found?.[0], ...(found?.[2] ?? [])]), new Set([fork.id, other.id]));
    });

    guarantee("a search that leaves the session out finds the fork's copy", async (engine) => {
      const store = on(engine);
      const { id } = await spoken(store);
      const fork = await store.fork(id);
      await store.organize(fork.id, { addTags: ["fork"], removeTags: ["origin"] });
      assert.deepEqual(await finds(store, { tag: "fork" }), [[fork.id, 1, new Set()]]);
      assert.deepEqual(await finds(store, { tag: "origin" }), [[id, 1, new Set()]]);
    });

    guarantee("many forks leave room for other finds", async (engine) => {
      const store = on(engine);
      const { id } = await spoken(store);
      const forks = new Set<string>();
      for (let count = 0; count < 5; count++) forks.add((await store.fork(id)).id);
      const { id: other } = await spoken(store);
      const found = new Map((await finds(store, { limit: 2 })).map(([one, , also]) => [one, also]));
      assert.deepEqual(
        found,
        new Map([
          [id, forks],
          [other, new Set()],
        ]),
      );
    });
  },
};
