import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { ALLOWANCE, budget } from "../session/grants.ts";

/** Makes one store in `directory`; `leave` takes its files as they are now, as a process that dies leaves them. */
export type FixtureStore = (directory: string, leave: () => void) => Promise<void>;

/** What stores look like on disk, each made through the public API, by the name of its folder. */
export const FIXTURE_STORES: Readonly<Record<string, FixtureStore>> = {
  "journal-only": async (directory, leave) => {
    await using store = new SessionStore(directory);
    await store.save(talk("Journal only", 3));
    leave();
  },

  "behind-checkpoint": async (directory, leave) => {
    await using store = new SessionStore(directory);
    const session = talk("Checkpoint and a journal behind it", 4);
    await store.save(session);
    await store.checkpoint(session.id);
    session.addMessage(Message.user("behind the checkpoint"));
    session.metadata.title = "Renamed behind the checkpoint";
    await store.save(session);
    await store.append(session.id, [Message.assistant("once")], { operationId: "operation-1" });
    leave();
  },

  closed: async (directory) => {
    await using store = new SessionStore(directory);
    const session = talk("Every field", 2, {
      userId: "a1b2c3d4e5f60718",
      systemPrompt: "You are helpful.\nBe brief.",
      model: "claude-sonnet-4",
      workspacePath: "/nowhere/project",
      workspaceId: "99999999-9999-4999-8999-999999999999",
    });
    Object.assign(session.metadata, { tags: ["a", "b"], turnCount: 2, toolCallCount: 1, approvalCount: 1 });
    session.metadata.custom["ticket"] = "A-1";
    session.allowances = [{ ...ALLOWANCE, uses_remaining: 3 }];
    session.budgetSnapshot = budget(0.42);
    session.escapeState = { remembered_paths: ["/etc/hosts"] };
    await store.save(session);
    session.addMessage(
      Message.toolCalls([{ id: "call_1", name: "files:read", arguments: { path: "a.txt" } }]),
    );
    session.addMessage(Message.toolResult({ callId: "call_1", content: "what a.txt holds" }));
    await store.save(session);
  },

  summarised: async (directory) => {
    await using store = new SessionStore(directory);
    const session = talk("Summarised", 12);
    await store.save(session);
    session.spliceMessages(0, 8, Message.system("What was said so far."));
    await store.save(session);
    session.addMessage(Message.user("and on"));
    await store.save(session);
  },

  "torn-end": async (directory) => {
    const session = talk("Torn twice", 3);
    {
      await using store = new SessionStore(directory);
      await store.save(session);
    }
    const journal = journalOf(directory, session);
    const first = readFileSync(journal, "latin1").split("\n")[1] ?? "";
    appendFileSync(journal, first.slice(0, 100), "latin1");
    {
      await using store = new SessionStore(directory);
      await store.append(session.id, [Message.user("behind a sealed end")]);
    }
    appendFileSync(journal, first.slice(0, 150), "latin1");
  },

  trash: async (directory) => {
    await using store = new SessionStore(directory);
    const removed = talk("In the trash", 3);
    await store.save(removed);
    await store.checkpoint(removed.id);
    await store.delete(removed.id, { trash: true });
    const again = talk("Removed and restored", 2);
    await store.save(again);
    await store.delete(again.id, { trash: true });
    await store.restore(again.id);
    const gone = talk("Removed for good", 2);
    await store.save(gone);
    await store.delete(gone.id);
  },

  "unfinished-removal": async (directory) => {
    await using store = new SessionStore(directory);
    for (const trash of [false, true]) {
      const session = talk(trash ? "On its way to the trash" : "On its way out", 3);
      await store.save(session);
      await store.checkpoint(session.id);
      // A second name keeps each file, and the tombstone that the removal appends, when the removal takes the first.
      const files = [journalOf(directory, session), documentOf(directory, session)];
      for (const file of files) linkSync(file, `${file}.kept`);
      await store.delete(session.id, { trash });
      for (const file of files) renameSync(`${file}.kept`, file);
      rmSync(join(directory, "trash"), { recursive: true, force: true });
    }
  },

  "removed-by-astrid": async (directory) => {
    const session = talk("Its document is gone", 3);
    {
      await using store = new SessionStore(directory);
      await store.save(session);
    }
    rmSync(documentOf(directory, session));
  },

  family: async (directory) => {
    await using store = new SessionStore(directory);
    const parent = talk("Parent", 4);
    await store.save(parent);
    parent.addMessage(Message.user("not in the fork"));
    await store.save(parent);
    const child = parent.child({ metadata: { title: "Sub-agent" } });
    child.addMessage(Message.user("a task"));
    await store.save(child);
    const fork = await store.fork(parent.id, { revision: 1 });
    fork.addMessage(Message.user("another way"));
    await store.save(fork);
  },

  "side-lists": async (directory, leave) => {
    await using store = new SessionStore(directory);
    const session = talk("Side lists", 2);
    await store.save(session);
    const { id } = session;
    await store.commit(id, { side: { steps: [{ n: 1 }, "two"], writes: [null] } });
    await store.checkpoint(id);
    const messages = [Message.user("with an item")];
    await store.commit(id, { splice: ["end", 0, messages], side: { steps: [{ items: [',"items":['] }] } });
    await store.commit(id, { set: { title: "Side lists, renamed" }, side: { writes: ["\ud800 \u0000"] } });
    leave();
  },

  "odd-content": async (directory, leave) => {
    await using store = new SessionStore(directory);
    const session = talk('quo"te \\ \u2028 \ud83d\udc0e \ud800', 0, { systemPrompt: "\u0000\u001f\u007f" });
    for (const content of ODD_CONTENTS) session.addMessage(Message.from({ role: "user", content }));
    session.addMessage(
      Message.from(
        JSON.parse(
          '{"role":"narrator","content":null,"id":"m-1","at":"2026-01-01T00:00:00Z","__proto__":{"x":1}}',
        ),
      ),
    );
    session.metadata.custom["\ud83d"] = "\udc0e";
    await store.save(session);
    await store.checkpoint(session.id);
    session.addMessage(Message.user(',"messages":[ ,"set":{ ,"items":['));
    await store.save(session);
    leave();
  },

  "foreign-document": async (directory) => {
    const saved = talk("Astrid saved on top", 3);
    const edited = talk("Edited by a person", 3);
    {
      await using store = new SessionStore(directory);
      for (const session of [saved, edited]) await store.save(session);
    }
    writeFileSync(documentOf(directory, { id: ASTRIDS }), ASTRIDS_DOCUMENT);
    // As Astrid saves: the whole document, keys that it does not know left out, ours among them.
    const document = JSON.parse(readFileSync(documentOf(directory, saved), "utf8")) as Record<
      string,
      unknown
    >;
    const known = ["id", "user_id", "system_prompt", "created_at", "token_count", "metadata", "allowances"];
    const messages = [...(document["messages"] as unknown[]), { role: "assistant", content: "from Astrid" }];
    const kept = { ...Object.fromEntries(known.map((key) => [key, document[key]])), messages };
    writeFileSync(documentOf(directory, saved), JSON.stringify(kept, null, 2));
    const text = readFileSync(documentOf(directory, edited), "utf8");
    writeFileSync(documentOf(directory, edited), text.replace("message 1", "MESSAGE ONE"));
  },

  "taken-over": async (directory) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(documentOf(directory, { id: ASTRIDS }), ASTRIDS_DOCUMENT);
    await using store = new SessionStore(directory);
    await store.append(ASTRIDS, [Message.user("ours on top of Astrid's")]);
    await store.checkpoint(ASTRIDS);
    await store.append(ASTRIDS, [Message.user("behind the checkpoint")]);
  },

  damaged: async (directory) => {
    const [covered, begunAnew, unreadable, lost] = [
      "History is damaged",
      "Its journal was begun anew",
      "Its checkpoint is in the quarantine",
      "Only a repair brings it back",
    ].map((title) => talk(title, 3)) as [AgentSession, AgentSession, AgentSession, AgentSession];
    {
      await using store = new SessionStore(directory);
      for (const session of [covered, begunAnew, unreadable, lost]) {
        for (const text of ["second", "third"]) {
          await store.save(session);
          session.addMessage(Message.user(text));
        }
        await store.save(session);
        await store.checkpoint(session.id);
      }
    }
    scratch(journalOf(directory, covered), "message 1");
    scratch(journalOf(directory, begunAnew), '"format"');
    writeFileSync(documentOf(directory, unreadable), "no session");
    scratch(journalOf(directory, lost), "second");
    rmSync(documentOf(directory, lost));
    await using store = new SessionStore(directory);
    for (const { id } of [covered, begunAnew, unreadable])
      await store.append(id, [Message.user("behind the damage")]);
  },
};

const ODD_CONTENTS = [
  ["", " ", "\u0000\u0001\u001f\u007f", "\n\r\t\u2028\u2029", "\ufeff\ufffe\uffff", "\\u0000 \\"],
  ["\ud800", "a\udc00b\ud83d", "\udc00\ud800"],
  "\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67 \u00e9 e\u0301 \u0639\u0631\u0628\u0649 \u4f60\u597d",
  [0, -0, 1 / 3, 5e-324, 1.7976931348623157e308, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, 2 ** 64],
  JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"":"","\\ud800":2,"10":"ten","2":"two"}'),
  [[], {}, [[]], [{}], null, true, false],
  { deep: JSON.parse(`${"[".repeat(600)}${"]".repeat(600)}`) },
];

const ASTRIDS = "33333333-3333-4333-8333-333333333333";

/** As Astrid's runtime writes one, with keys and numbers that this package does not know or cannot hold. */
const ASTRIDS_DOCUMENT = `{
  "id": "${ASTRIDS}",
  "user_id": "a1b2c3d4e5f60718",
  "messages": [
    { "role": "user", "content": "Hello \\u0000 \\ud800 \\ud83d\\ude00", "later_key": [1e400, -1e400, -0, 1.0] },
    { "role": "narrator", "content": { "unknown": "shape" } }
  ],
  "system_prompt": "You are helpful",
  "created_at": "2026-02-20T10:11:12.123456789Z",
  "token_count": 3,
  "metadata": {
    "title": null, "tags": [], "turn_count": 1, "tool_call_count": 0, "approval_count": 0, "custom": {},
    "pinned": true
  },
  "allowances": [],
  "model": "claude-sonnet-4",
  "future_field": { "kept": [1, 2, 1e400] }
}
`;

/** A session of so many messages. */
function talk(
  title: string,
  messages: number,
  options: ConstructorParameters<typeof AgentSession>[0] = {},
): AgentSession {
  const session = new AgentSession({ ...options, metadata: { title } });
  for (let index = 0; index < messages; index++) {
    const text = `message ${index}`;
    session.addMessage(index % 2 === 0 ? Message.user(text) : Message.assistant(text));
  }
  return session;
}

/** Changes some bytes where they stand. */
function scratch(path: string, text: string): void {
  const bytes = readFileSync(path);
  bytes.fill("#", bytes.indexOf(text), bytes.indexOf(text) + text.length);
  writeFileSync(path, bytes);
}

function journalOf(directory: string, session: { readonly id: string }): string {
  return join(directory, `${session.id}.journal.jsonl`);
}

function documentOf(directory: string, session: { readonly id: string }): string {
  return join(directory, `${session.id}.json`);
}
