import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { Redaction } from "../../operations/redact/redact.ts";
import { SessionStore } from "../../store/session-store.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { collected, create, numbered, refusal } from "../samples.ts";

/** Put together here, so that nobody who looks for tokens takes it for one. */
const SECRET = ["ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");
const NAMED = 'correct horse "battery"';
const MARK = "[redacted:github-token]";

/** A session that has the secret everywhere, at revision 4. */
async function leaky(store: SessionStore): Promise<SessionId> {
  const id = newSessionId();
  const set = { title: `use ${SECRET}`, systemPrompt: SECRET, tags: [SECRET], custom: { token: SECRET } };
  await store.commit(id, { base: 0, splice: [0, 0, [Message.user(`the token is ${SECRET}`)]], set });
  await store.commit(id, {
    operationId: "second",
    splice: ["end", 0, [Message.assistant(`${SECRET} and ${NAMED}`), ...numbered(1)]],
    side: { steps: [{ seen: [SECRET] }, "clean"] },
  });
  await store.commit(id, { base: 2, splice: [0, 2, [Message.user("summary")]], set: { title: "clean" } });
  await store.append(id, [
    Message.from({ role: "tool", content: { output: JSON.stringify({ token: SECRET, NAMED }) } }),
  ]);
  return id;
}

/** Everything that an engine tells of a session, as text. */
async function everything(engine: StorageEngine, id: SessionId): Promise<string> {
  const parts: unknown[] = [await engine.read(id), await engine.summary(id), await engine.list({})];
  for await (const commit of engine.commits(id, 0)) parts.push(commit);
  for await (const item of engine.sideItems(id, {})) parts.push(item);
  parts.push(await engine.trashed(), await engine.removals?.());
  return JSON.stringify(parts);
}

function kindsOf({ found }: Redaction): string[] {
  return found.map(({ kind }) => kind);
}

async function check(engine: StorageEngine, id: SessionId): Promise<void> {
  const text = await everything(engine, id);
  assert.ok(!text.includes(SECRET));
  assert.ok(text.includes(MARK));
  const store = new SessionStore(engine);
  assert.equal((await store.verify(id)).state, "ok");
  assert.deepEqual(await store.search(SECRET.slice(4)), []);
  assert.equal((await store.search("summary")).length, 1);
}

const skipped = (engine: StorageEngine): boolean => engine.rewrite === undefined;

export const redact: Chapter = {
  title: "redact",
  guarantees(guarantee) {
    guarantee(
      "leaves no copy of a secret, and revisions and positions as they were",
      async (engine, place) => {
        if (skipped(engine)) return;
        const store = new SessionStore(engine);
        const id = await leaky(store);
        const before = await store.load(id);
        const done = await store.redact(id);
        assert.deepEqual([done.revision, done.isChanged, done.original], [4, true, "none"]);
        assert.deepEqual(kindsOf(done), ["github-token"]);
        assert.ok(done.revisions >= 3 && (done.found[0]?.count ?? 0) >= 8);
        const after = await store.load(id);
        assert.equal(after?.messageCount, before?.messageCount);
        const first = await store.load(id, { revision: 1 });
        assert.equal(first?.messages[0]?.content, `the token is ${MARK}`);
        assert.equal(first?.metadata.title, `use ${MARK}`);
        assert.equal((await store.load(id, { revision: 2 }))?.messageCount, 3);
        await check(engine, id);
        if (engine.capabilities.persistent) await check(await reopen(place, engine), id);
      },
    );

    guarantee("finds what is named, also as JSON writes it, and takes a function", async (engine) => {
      if (skipped(engine)) return;
      const store = new SessionStore(engine);
      const id = await leaky(store);
      const done = await store.redact(id, { also: [NAMED] });
      assert.deepEqual(kindsOf(done), ["github-token", "named"]);
      assert.equal(done.found[1]?.count, 2);
      assert.ok(!(await everything(engine, id)).includes("correct horse"));
      await store.redact(id, { also: (text) => text.replaceAll("summary", "…") });
      assert.ok(!(await everything(engine, id)).includes("summary"));
      await refusal(store.redact(id, { also: ["abc"] }), "INVALID_ARGUMENT");
      await refusal(store.redact(id, { also: ["content"] }), "INVALID_ARGUMENT");
      await refusal(store.redact(newSessionId()), "SESSION_NOT_FOUND");
    });

    guarantee("a dry run counts the same and changes nothing; nor does finding nothing", async (engine) => {
      if (skipped(engine)) return;
      const store = new SessionStore(engine);
      const id = await leaky(store);
      const before = [await engine.read(id), await collected(engine.commits(id, 0))];
      const dry = await store.redact(id, { dryRun: true });
      assert.deepEqual([await engine.read(id), await collected(engine.commits(id, 0))], before);
      assert.deepEqual(await store.redact(id), dry);
      const once = await engine.read(id);
      const again = await store.redact(id);
      assert.deepEqual(again.found, []);
      assert.deepEqual(await engine.read(id), once);
    });

    guarantee("whoever has the session loaded gets a conflict, and can load it again", async (engine) => {
      if (skipped(engine)) return;
      const store = new SessionStore(engine);
      const id = await leaky(store);
      const held = await store.load(id);
      assert.ok(held);
      await store.redact(id);
      held.addMessage(Message.user("on the state before"));
      await refusal(store.save(held), "CONFLICT");
      const again = await store.load(id);
      assert.ok(again);
      again.addMessage(Message.user("on the state after"));
      assert.equal((await store.save(again)).revision, 5);
      assert.ok(!(await everything(engine, id)).includes(SECRET));
    });

    guarantee(
      "an operation is known by its id afterwards, although its content had a secret",
      async (engine) => {
        if (skipped(engine)) return;
        const store = new SessionStore(engine);
        const id = await leaky(store);
        await store.redact(id);
        const again = await store.commit(id, {
          operationId: "second",
          splice: ["end", 0, [Message.assistant(`${SECRET} and ${NAMED}`), ...numbered(1)]],
          side: { steps: [{ seen: [SECRET] }, "clean"] },
        });
        assert.deepEqual([again.repeated, again.revision], [true, 2]);
        assert.ok(!(await everything(engine, id)).includes(SECRET));
      },
    );

    guarantee("also in the trash, in every life of the id, and in the log of removals", async (engine) => {
      if (skipped(engine) || !engine.capabilities.trash) return;
      const store = new SessionStore(engine);
      const id = await leaky(store);
      const note = { run: "r", rule: "all", reason: `because of ${SECRET}` };
      await engine.commit(id, { set: { title: SECRET } });
      await engine.remove(id, { trash: true, note });
      await store.commit(id, { base: 0, splice: [0, 0, [Message.user(`again ${SECRET}`)]] });
      await engine.remove(id, { trash: true });
      const inTrash = await store.redact(id);
      assert.deepEqual([inTrash.revision, inTrash.revisions > 3], [0, true]);
      assert.ok(!JSON.stringify([await engine.trashed(), await engine.removals?.()]).includes(SECRET));
      await store.commit(id, { base: 0, splice: [0, 0, [Message.user(`third ${SECRET}`)]] });
      assert.equal((await store.redact(id)).revision, 1);
      for (const contents of ["third", "again", "summary"]) {
        const text = await everything(engine, id);
        assert.ok(text.includes(contents) && !text.includes(SECRET), contents);
        await engine.remove(id);
        await engine.restore(id);
      }
    });

    guarantee(
      "secrets are told by kind and place, also in the trash, and never themselves",
      async (engine) => {
        if (skipped(engine)) return;
        const store = new SessionStore(engine);
        const id = await leaky(store);
        const url = "postgres://app:Xk29-qqLm@db/x";
        await store.append(id, [Message.user(url)]);
        await engine.remove(id, { trash: true });
        await store.commit(id, { base: 0, splice: [0, 0, [Message.user(`again ${SECRET}`)]] });
        const found = await store.secretsIn(id);
        const text = JSON.stringify(found);
        assert.ok(!text.includes(SECRET.slice(4)) && !text.includes("Xk29"));
        assert.deepEqual(
          found.counts.map(({ kind, tier }) => [kind, tier]),
          [
            ["github-token", "definite"],
            ["password-in-url", "candidate"],
          ],
        );
        const places = found.places.map(
          ({ where, revision, inTrash, position, field, list }) =>
            `${where} ${position ?? field ?? list ?? ""} of ${revision ?? "none"}${inTrash ? ", trash" : ""}`,
        );
        for (const place of [
          "message 0 of 1, trash",
          "field systemPrompt of 1, trash",
          "side-list steps of 2, trash",
          "message 3 of 5, trash",
          "message 0 of 1",
        ])
          assert.ok(places.includes(place), `${place} is not among ${places.join("; ")}`);
        await store.redact(id);
        const { counts } = await store.secretsIn(id);
        assert.deepEqual(
          counts.map(({ kind }) => kind),
          ["password-in-url"],
        );
        await refusal(store.secretsIn(newSessionId()), "SESSION_NOT_FOUND");
      },
    );

    guarantee("a summary goes on standing for messages of which the last is redacted", async (engine) => {
      if (skipped(engine)) return;
      const store = new SessionStore(engine);
      const { id } = await create(engine, [
        ...numbered(2),
        Message.user(`the token is ${SECRET}`),
        Message.assistant("further"),
      ]);
      await store.compact(id, { summary: "what was said", keepRecent: 1 });
      await store.append(id, numbered(1, 5));
      await store.rewind(id, { position: 4 });
      const sent = async (): Promise<unknown> =>
        (await store.load(id))?.context().map(({ content }) => content);
      const before = await sent();
      await store.redact(id);
      assert.deepEqual(await sent(), before);
      for (const [revision, count] of [4, 2, 3, 2].entries())
        assert.equal((await store.fork(id, { revision: revision + 1 })).context().length, count);
      await store.undo(id);
      await store.undo(id);
      assert.equal((await store.load(id))?.context().length, 5);
    });

    guarantee("a session that somebody else holds is refused; its holder may redact it", async (engine) => {
      if (skipped(engine)) return;
      const store = new SessionStore(engine);
      const id = await leaky(store);
      const lease = await store.lease(id, { by: "somebody" });
      await refusal(store.redact(id), "SESSION_HELD");
      assert.ok((await everything(engine, id)).includes(SECRET));
      assert.equal((await store.redact(id, { dryRun: true })).found.length, 1);
      assert.equal((await store.redact(id, { lease })).isChanged, true);
      await lease.release();
      await store.append(id, [Message.user(SECRET)]);
      await refusal(store.redact(id, { lease }), "LEASE_LOST");
    });

    guarantee(
      "what is written meanwhile is neither lost nor left with a secret of before",
      async (engine) => {
        if (skipped(engine)) return;
        const store = new SessionStore(engine);
        const id = await leaky(store);
        const writing = async (): Promise<void> => {
          for (const message of numbered(10)) await store.append(id, [message]);
        };
        await Promise.all([writing(), store.redact(id), writing()]);
        const after = await store.load(id);
        assert.equal(after?.messageCount, 23);
        assert.ok(!(await everything(engine, id)).includes(SECRET));
        assert.equal((await store.verify(id)).state, "ok");
      },
    );
  },
};
