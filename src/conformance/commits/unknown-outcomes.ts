import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { AgentSession } from "../../session/agent-session.ts";
import type { Commit, Committed } from "../../session/commit.ts";
import { StorageError } from "../../session/errors/errors.ts";
import { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { append, collected, conflict, contents, numbered, refusal, stored } from "../samples.ts";

/**
 * What becomes of a commit whose outcome is unknown: it was `stored`, it was `lost`, or it comes `late`, right before the
 * next one.
 */
type Fate = "stored" | "lost" | "late";
const FATES: readonly Fate[] = ["stored", "lost", "late"];

/** A store on the engine; the commits that have a fate fail, one after the other, as if the answer had been lost. */
function unsureStore(engine: StorageEngine, fates: Fate[]): SessionStore {
  const late: (() => Promise<unknown>)[] = [];
  const commit = async (id: SessionId, change: Commit): Promise<Committed> => {
    for (const arrive of late.splice(0)) await arrive().catch(() => undefined);
    const fate = fates.shift();
    if (fate === undefined) return await engine.commit(id, change);
    if (fate === "stored") await engine.commit(id, change);
    if (fate === "late") late.push(() => engine.commit(id, change));
    throw new StorageError("STORAGE_FAILED", "The answer was lost.", "unknown");
  };
  const unsure = new Proxy(engine, {
    get(target, name) {
      if (name === "commit") return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return new SessionStore(unsure);
}

function titled(title: string, messages: number): AgentSession {
  return new AgentSession({ metadata: { title, tags: ["a"] }, messages: numbered(messages) });
}

/** The contents of all messages that the history ever inserted: each once if nothing was stored twice. */
async function everInserted(engine: StorageEngine, id: SessionId): Promise<unknown[]> {
  const commits = await collected(engine.commits(id, 0));
  return contents(commits.flatMap(({ splice }) => splice?.[2] ?? []));
}

const unknown = "STORAGE_FAILED";

/** The engines produce no such outcome at will, so that it is made above them; what they have stored settles it. */
export const unknownOutcomes: Chapter = {
  title: "unknown outcomes",
  guarantees(guarantee) {
    for (const fate of FATES) {
      guarantee(`${fate}: a save that is repeated is stored once, a new session's too`, async (engine) => {
        const store = unsureStore(engine, [fate]);
        const session = titled("T", 2);
        await refusal(store.save(session), unknown);
        const { revision, messageCount } = await store.save(session);
        assert.deepEqual([revision, messageCount], [1, 2]);
        session.addMessage(Message.user("message 3"));
        const again = unsureStore(engine, [fate]);
        const loaded = await again.load(session.id);
        assert.ok(loaded !== undefined);
        loaded.addMessage(Message.user("message 3"));
        await refusal(again.save(loaded), unknown);
        assert.equal((await again.save(loaded)).revision, 2);
        assert.deepEqual((await stored(engine, session.id)).messages, numbered(3));
        assert.deepEqual(await everInserted(engine, session.id), contents(numbered(3)));
      });

      guarantee(`${fate}: a session that changed meanwhile is stored as it is now`, async (engine) => {
        const changes: ((session: AgentSession) => void)[] = [
          (session) => session.addMessage(Message.user("more")),
          (session) => (session.metadata.title = "after"),
          (session) => session.replaceMessages(numbered(1, 50)),
          (session) => session.spliceMessages(1, 1, Message.user("instead"), Message.user("of it")),
          (session) => session.clearMessages(),
          (session) => {
            session.spliceMessages(2, 1);
            session.metadata.title = "T";
          },
        ];
        for (const [index, change] of changes.entries()) {
          const store = unsureStore(engine, []);
          const session = titled("T", 2);
          await store.save(session);
          const failing = unsureStore(engine, [fate]);
          const loaded = await failing.load(session.id);
          assert.ok(loaded !== undefined);
          loaded.addMessage(Message.user("in doubt"));
          loaded.metadata.title = "in doubt";
          await refusal(failing.save(loaded), unknown);
          change(loaded);
          await failing.save(loaded);
          const now = await stored(engine, session.id);
          assert.deepEqual(now.messages, loaded.messages, `change ${index}`);
          assert.equal(now.head.title, loaded.metadata.title, `change ${index}`);
          loaded.addMessage(Message.user("next"));
          await failing.save(loaded);
          assert.deepEqual((await stored(engine, session.id)).messages, loaded.messages);
        }
      });

      guarantee(
        `${fate}: another writer in between is a conflict, and nothing of it is lost`,
        async (engine) => {
          const session = titled("T", 2);
          await unsureStore(engine, []).save(session);
          const store = unsureStore(engine, [fate]);
          const loaded = await store.load(session.id);
          assert.ok(loaded !== undefined);
          loaded.addMessage(Message.user("in doubt"));
          await refusal(store.save(loaded), unknown);
          await append(engine, session.id, [Message.user("theirs")]);
          loaded.addMessage(Message.user("more"));
          await conflict(store.save(loaded));
          const there = contents((await stored(engine, session.id)).messages);
          const ours = fate === "stored" ? ["in doubt"] : [];
          assert.deepEqual(there, ["message 1", "message 2", ...ours, "theirs"]);
        },
      );

      guarantee(`${fate}: a commit with a base that is repeated is stored once`, async (engine) => {
        const session = titled("T", 2);
        const { tag: baseTag } = await unsureStore(engine, []).save(session);
        const commits: Commit[] = [
          { base: 1, baseTag, splice: ["end", 0, numbered(1, 3)], addTokens: 5, side: { steps: [1, 2] } },
          { base: 2, set: { title: "after" } },
          { base: 3, splice: [0, 2, numbered(1, 9)] },
        ];
        for (const [index, commit] of commits.entries()) {
          const store = unsureStore(engine, [fate]);
          await refusal(store.commit(session.id, commit), unknown);
          const { revision, messageCount } = await store.commit(session.id, commit);
          assert.deepEqual([revision, messageCount], [index + 2, [3, 3, 2][index]]);
        }
        const { messages, head, revision } = await stored(engine, session.id);
        assert.deepEqual(
          [revision, head.title, contents(messages)],
          [4, "after", ["message 9", "message 3"]],
        );
        assert.equal((await collected(engine.sideItems(session.id, {}))).length, 2);
      });

      guarantee(`${fate}: so is an append with a revision or an operation id`, async (engine) => {
        const session = titled("T", 1);
        await unsureStore(engine, []).save(session);
        for (const [index, options] of [{ expectedRevision: 1 }, { operationId: "op" }].entries()) {
          const store = unsureStore(engine, [fate]);
          const messages = numbered(1, index + 2);
          await refusal(store.append(session.id, messages, options), unknown);
          assert.equal((await store.append(session.id, messages, options)).revision, index + 2);
        }
        assert.deepEqual((await stored(engine, session.id)).messages, numbered(3));
      });
    }

    guarantee("several in a row are stored once, whichever of them it was", async (engine) => {
      for (const first of FATES) {
        for (const second of FATES) {
          const store = unsureStore(engine, [first, second]);
          const session = titled("T", 1);
          await refusal(store.save(session), unknown);
          session.addMessage(Message.user("message 2"));
          const saved = async (): Promise<Committed> => {
            for (let round = 0; round < 2; round++) {
              try {
                return await store.save(session);
              } catch (error) {
                if (!(error instanceof StorageError)) throw error;
              }
            }
            return await store.save(session);
          };
          await saved();
          assert.deepEqual((await stored(engine, session.id)).messages, numbered(2), `${first}, ${second}`);
          assert.deepEqual(await everInserted(engine, session.id), contents(numbered(2)));
        }
      }
    });

    guarantee("another change than the one in doubt is not taken for it", async (engine) => {
      const session = titled("T", 1);
      await unsureStore(engine, []).save(session);
      const store = unsureStore(engine, ["lost"]);
      const loaded = await store.load(session.id);
      assert.ok(loaded !== undefined);
      loaded.addMessage(Message.user("ours"));
      await refusal(store.save(loaded), unknown);
      await append(engine, session.id, [Message.user("ours")], { set: { title: "theirs" } });
      await conflict(store.save(loaded));
      await refusal(
        store.commit(session.id, { base: 1, splice: ["end", 0, [Message.user("ours")]] }),
        "CONFLICT",
      );
    });
  },
};
