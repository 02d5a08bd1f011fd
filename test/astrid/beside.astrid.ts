import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  AgentSession,
  Message,
  newSessionId,
  SessionStore,
  type EngineReport,
  type SessionId,
} from "../../src/index.ts";
import { isSameToAstrid, messageToAstrid } from "../../src/session/astrid/message.ts";
import { jsonText, parseJson } from "../../src/session/json/json.ts";
import { parseMessage } from "../../src/session/message.ts";
import { astridOfFile, describeWithAstrid, type Astrid } from "./peer.ts";
import { fullDocument } from "./samples.ts";

const astridHere = astridOfFile();

function ourStore(astrid: Astrid): { store: SessionStore; reports: EngineReport[] } {
  const store = new SessionStore(astrid.directory);
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  onTestFinished(() => store.close());
  return { store, reports };
}

/** A session of ours with a message, and its document. */
async function begun(
  store: SessionStore,
  messages: readonly Message[] = [Message.user("hello")],
): Promise<SessionId> {
  const session = new AgentSession({ messages });
  await store.save(session);
  await store.checkpoint(session.id);
  return session.id;
}

async function textsIn(store: SessionStore, id: string): Promise<string[]> {
  return ((await store.load(id))?.messages ?? []).map(({ content }) =>
    typeof content === "string" ? content : jsonText(content),
  );
}

const numbered = (who: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${who} ${index + 1}`);

/** Each of them once, in their order. */
function expectEachOnce(texts: readonly string[], who: string, count: number): void {
  expect(texts.filter((text) => text.startsWith(`${who} `))).toEqual(numbered(who, count));
}

describeWithAstrid(
  "A1: Astrid keeps a session in memory and saves it turn after turn, while ours adds to it",
  () => {
    test.each([
      ["without a checkpoint", 0],
      ["with a checkpoint after every fifth", 5],
      ["with a checkpoint after each", 1],
    ])("%s: every acknowledged message stays in the session, once, and Astrid's too", async (_how, every) => {
      const astrid = astridHere();
      const { store } = ourStore(astrid);
      const id = await begun(store);
      await astrid.load(id);
      const TURNS = 60;
      let saved = 0;
      const holding = astrid.ask("hold", { id, times: TURNS, pause: 8 }, () => saved++);
      let ours = 0;
      while (saved < TURNS) {
        await store.append(id, [Message.user(`ours ${++ours}`)]);
        if (every > 0 && ours % every === 0) await store.checkpoint(id);
      }
      await holding;
      const texts = await textsIn(store, id);
      expectEachOnce(texts, "ours", ours);
      expectEachOnce(texts, "astrid", TURNS);
      await using again = new SessionStore(astrid.directory);
      expect(await textsIn(again, id)).toEqual(texts);
    });

    test("what Astrid changed besides is taken over, and what it did not is left", async () => {
      const astrid = astridHere();
      const { store } = ourStore(astrid);
      const id = await begun(store);
      await astrid.load(id);
      await store.append(id, [Message.user("ours 1")]);
      await store.commit(id, { set: { tags: ["ours"] } });
      await astrid.ask("set", { id, title: "Astrid's title" });
      await astrid.save(id);
      expect(await store.load(id)).toMatchObject({ metadata: { title: "Astrid's title", tags: ["ours"] } });
      await store.checkpoint(id);
      await astrid.add(id, [{ role: "assistant", content: "astrid 1" }]);
      await astrid.save(id);
      expect(await store.load(id)).toMatchObject({ metadata: { title: "Astrid's title", tags: ["ours"] } });
      expect(await textsIn(store, id)).toEqual(["hello", "ours 1", "astrid 1"]);
    });

    test("a document that goes on from none of our states replaces, as a revision, and what came since stays on top", async () => {
      const astrid = astridHere();
      const { store } = ourStore(astrid);
      const id = await begun(
        store,
        numbered("old", 4).map((text) => Message.user(text)),
      );
      await astrid.load(id);
      await store.append(id, [Message.user("ours 1")]);
      await astrid.ask("clear", { id });
      await astrid.add(id, [{ role: "system", content: "a summary" }]);
      await astrid.save(id);
      expect(await textsIn(store, id)).toEqual(["a summary", "ours 1"]);
      await store.checkpoint(id);
      expect((await astrid.load(id))?.messages.map(({ content }) => content)).toEqual([
        "a summary",
        "ours 1",
      ]);
    });
  },
);

describeWithAstrid("A2: what Astrid cannot hold outlives its saves", () => {
  const ODD = [
    '{"role":"user","content":"with an id","id":"m-1","at":"2026-01-01T00:00:00Z","more":{"deep":[1]}}',
    '{"role":"assistant","content":[{"id":"c","name":"a:b","arguments":{"z":1,"a":2},"thought":"kept"}]}',
    '{"role":"tool","content":{"call_id":"c","content":"x","took":5}}',
    '{"role":"user","content":[{"type":"image","data":"d","media_type":"image/png","detail":"low"}]}',
    '{"role":"critic","content":"nobody else\'s"}',
    '{"role":"user","content":{"any":["shape"]}}',
    '{"role":"user","content":["two","texts"]}',
    '{"role":"user","content":"half \\ud83d"}',
    '{"role":"assistant","content":[{"id":"c","name":"a:b","arguments":{"big":9007199254740993,"x":1.0,"e":1e2}}]}',
  ];

  test.each(ODD)("%s", async (odd) => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const message = parseMessage(odd);
    const id = await begun(store, [Message.user("before"), message, Message.user("behind")]);
    await astrid.load(id);
    for (const turn of [1, 2]) {
      await astrid.add(id, [{ role: "assistant", content: `astrid ${turn}` }]);
      await astrid.save(id);
      const expected = ["before", message.content, "behind", ...numbered("astrid", turn)];
      expect((await store.load(id))?.messages.map(({ content }) => content)).toEqual(expected);
    }
    await store.checkpoint(id);
    await using again = new SessionStore(astrid.directory);
    expect(jsonText((await again.load(id))?.messages[1] ?? null)).toBe(odd);
  });

  test("all together, saved by both again and again", async () => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const messages = ODD.map(parseMessage);
    const id = await begun(store, messages);
    for (const turn of [1, 2, 3]) {
      await astrid.load(id);
      await astrid.add(id, [{ role: "assistant", content: `astrid ${turn}` }]);
      await astrid.save(id);
      await store.append(id, [Message.user(`ours ${turn}`)]);
      await store.checkpoint(id);
    }
    const found = (await store.load(id))?.messages ?? [];
    expect(found.slice(0, ODD.length).map(jsonText)).toEqual(ODD);
    const more = found.slice(ODD.length).map(({ content }) => content);
    expect(more).toEqual([1, 2, 3].flatMap((turn) => [`astrid ${turn}`, `ours ${turn}`]));
  });
});

describeWithAstrid("A3: numbers that nobody changed keep their bytes", () => {
  const ARGUMENTS = '{"id":9007199254740993,"n":18446744073709551615,"x":1.0,"small":0.10,"e":1e5}';

  test("of Astrid's document, through a message of ours, the journal, the checkpoint and a copy", async () => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const id = newSessionId();
    const call = `{"role":"assistant","content":[{"id":"c","name":"a:b","arguments":${ARGUMENTS}}]}`;
    const document = JSON.stringify({ ...fullDocument(id), later: 0, messages: [0] });
    writeFileSync(
      join(astrid.directory, `${id}.json`),
      document.replace('"messages":[0]', `"messages":[${call}]`).replace('"later":0', '"later":1.0'),
    );
    await store.append(id, [Message.user("ours")]);
    await store.checkpoint(id);
    for (const name of [`${id}.json`, `${id}.journal.jsonl`]) {
      const text = readFileSync(join(astrid.directory, name), "utf8");
      expect(text, name).toContain(ARGUMENTS);
      expect(text, name).toContain('"later":1.0');
    }
    await using again = new SessionStore(astrid.directory);
    const session = await again.load(id);
    expect(session?.messages.map(jsonText)).toEqual([call, '{"role":"user","content":"ours"}']);
    for await (const { message, position } of again.messages(id))
      if (position === 0) expect(jsonText(message)).toBe(call);
    const seen = await astrid.load(id);
    expect(jsonText(seen?.messages[0] ?? null)).toContain(
      '"id":9007199254740993,"n":18446744073709551615,"small":0.1,"x":1.0',
    );
  });

  test("of ours, when Astrid saves", async () => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const call = parseMessage(
      `{"role":"assistant","content":[{"id":"c","name":"a:b","arguments":${ARGUMENTS}}]}`,
    );
    const id = await begun(store, [call]);
    await astrid.load(id);
    await astrid.add(id, [{ role: "assistant", content: "astrid 1" }]);
    await astrid.save(id);
    expect((await store.load(id))?.messages.map(jsonText)).toEqual([
      jsonText(call),
      '{"role":"assistant","content":"astrid 1"}',
    ]);
  });
});

describeWithAstrid("A6: Astrid deletes a session", () => {
  const remove: Record<string, (astrid: Astrid, id: string) => Promise<unknown>> = {
    "by delete": (astrid, id) => astrid.ask("delete", { id }),
    "by cleanup": (astrid) => astrid.ask("cleanup_old", { days: -1 }),
    "as a person does, with rm": async (astrid, id) => rmSync(join(astrid.directory, `${id}.json`)),
  };

  test.each(Object.entries(remove))(
    "%s: it is in the trash at once, with what no checkpoint held",
    async (_how, gone) => {
      const astrid = astridHere();
      const { store } = ourStore(astrid);
      const id = await begun(store);
      await store.append(id, [Message.user("no checkpoint has it")]);
      await gone(astrid, id);
      expect(await store.list()).toEqual([]);
      expect(await store.load(id)).toBeUndefined();
      expect((await store.trashed()).map((entry) => entry.id)).toEqual([id]);
      expect(await store.restore(id)).toBe(true);
      expect(await textsIn(store, id)).toEqual(["hello", "no checkpoint has it"]);
      expect(await store.list()).toEqual([id]);
    },
  );
});

describeWithAstrid("A7: a session that Astrid has changed", () => {
  test("is sound, says verify", async () => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const id = await begun(store);
    await astrid.load(id);
    await astrid.add(id, [{ role: "assistant", content: "astrid 1" }]);
    await astrid.save(id);
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
    await store.load(id);
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
  });
});

describeWithAstrid("what Astrid lists", () => {
  test("is what we list, by workspace as well, and the most recent is the same", async () => {
    const astrid = astridHere();
    const { store } = ourStore(astrid);
    const workspacePath = astrid.directory;
    for (const title of ["one", "two", "three"]) {
      const session = new AgentSession({
        metadata: { title },
        workspacePath: title === "two" ? null : workspacePath,
      });
      session.addMessage(Message.user(title));
      await store.save(session);
      await store.checkpoint(session.id);
    }
    const seen = (await astrid.ask("list_with_metadata")) as {
      id: string;
      title: string;
      message_count: number;
    }[];
    const ours = await store.listWithMetadata();
    const shown = (id: string, title: unknown, count: number): string => `${id} ${String(title)} ${count}`;
    expect(seen.map(({ id, title, message_count }) => shown(id, title, message_count)).sort()).toEqual(
      ours.map(({ id, title, messageCount }) => shown(id, title, messageCount)).sort(),
    );
    const here = (await astrid.ask("list_for_workspace", { path: workspacePath })) as { id: string }[];
    expect(here.map(({ id }) => id).sort()).toEqual(
      (await store.listForWorkspace(workspacePath)).map(({ id }) => id as string).sort(),
    );
    expect(((await astrid.ask("most_recent")) as { id: string }).id).toBe((await store.mostRecent())?.id);
  });
});

// So that what the tests above compare with is what Astrid says of itself.
describeWithAstrid("the session model", () => {
  test("knows what Astrid makes of a message", async () => {
    const astrid = astridHere();
    const id = newSessionId();
    const message = parseJson('{"role":"tool","content":{"call_id":"c","content":"x","more":1}}');
    const { messages } = (await astrid.ask("create", {
      document: { ...fullDocument(id), messages: [message] },
    })) as never as {
      messages: [Message];
    };
    expect(isSameToAstrid(message as never, messages[0])).toBe(true);
    expect(messages[0]).toEqual(messageToAstrid(message as never));
  });
});
