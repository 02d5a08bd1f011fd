import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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
