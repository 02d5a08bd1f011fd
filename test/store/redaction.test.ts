import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportSession } from "../../src/export.ts";
import { importFile } from "../../src/import.ts";
import { AgentSession, Message, redactSecrets, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { SAMPLES } from "../redaction/sample-secrets.ts";

const TOKEN = SAMPLES.find(({ format }) => format === "github-token")?.make() ?? "";
const MARK = "[redacted:github-token]";

/** Whether any file of a store holds the text. */
function holds(directory: string, text: string): boolean {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .some((path) => readFileSync(path).includes(text));
}

test("a store that redacts keeps no secret, whichever way it comes", async () => {
  const directory = temporaryDirectory();
  const session = new AgentSession({
    systemPrompt: `use ${TOKEN}`,
    metadata: { title: `with ${TOKEN}`, tags: [TOKEN], custom: { note: TOKEN } },
    messages: [Message.user(`my token is ${TOKEN}`)],
  });
  {
    await using store = new SessionStore(directory, { redact: redactSecrets });
    await store.save(session);
    session.addMessage(Message.assistant(`so it is ${TOKEN}`));
    await store.save(session);
    expect((await store.save(session)).unchanged).toBe(true);
    await store.append(session.id, [Message.toolResult({ callId: "1", content: `Bearer ${TOKEN}` })]);
    await store.commit(session.id, { side: { notes: [{ deep: [TOKEN] }] } });
    await store.organize(session.id, { title: `again ${TOKEN}` });
    await store.checkpoint(session.id);
    expect(await store.search("token")).not.toEqual([]);
  }
  expect(session.messages[0]?.content).toBe(`my token is ${TOKEN}`);
  expect(holds(directory, TOKEN)).toBe(false);
  await using store = new SessionStore(directory);
  const stored = await store.load(session.id);
  expect(stored?.messages.map(({ content }) => content)).toMatchObject([
    `my token is ${MARK}`,
    `so it is ${MARK}`,
    { content: `Bearer ${MARK}` },
  ]);
  expect(stored?.metadata).toMatchObject({ title: `again ${MARK}`, tags: [MARK], custom: { note: MARK } });
  expect(stored?.systemPrompt).toBe(`use ${MARK}`);
});

test("without it everything is stored as it is", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ messages: [Message.user(TOKEN)] }));
  expect(holds(directory, TOKEN)).toBe(true);
});

test("a summary goes on standing for messages that are redacted on their way to another store", async () => {
  await using plain = new SessionStore("memory:");
  const session = new AgentSession({
    messages: [Message.user("Hello"), Message.user(`it is ${TOKEN}`), Message.assistant("Thanks")],
  });
  await plain.save(session);
  await plain.compact(session.id, { summary: "a greeting", keepRecent: 1 });
  const fork = await plain.fork(session.id);
  expect(fork.context()).toHaveLength(2);
  await using redacting = new SessionStore("memory:", { redact: redactSecrets });
  await redacting.save(fork);
  const stored = await redacting.load(fork.id);
  expect(stored?.messages[1]?.content).toBe(`it is ${MARK}`);
  expect(stored?.context()).toHaveLength(2);

  const exported = join(temporaryDirectory(), "session.jsonl");
  let text = "";
  for await (const piece of exportSession(plain, session.id, "jsonl", { redact: redactSecrets }))
    text += piece;
  writeFileSync(exported, text);
  await using other = new SessionStore("memory:");
  await importFile(other, exported);
  expect((await other.load(session.id))?.context()).toHaveLength(2);
});
