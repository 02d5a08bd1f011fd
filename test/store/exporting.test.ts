import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportSession, EXPORT_FORMATS } from "../../src/export.ts";
import { detectFormat, importFile } from "../../src/import.ts";
import { AgentSession, Message } from "../../src/index.ts";
import { openStore, temporaryDirectory } from "../file/temporary-store.ts";

test("what the library exports, the library imports: the same session, once", async () => {
  const { store } = openStore(temporaryDirectory());
  const session = new AgentSession({ metadata: { title: "Out and back" }, systemPrompt: "s" });
  session.addMessage(Message.user("a question"));
  session.addMessage(Message.toolCalls([{ id: "1", name: "read", arguments: { n: 1 } }]));
  await store.save(session);
  for (const format of EXPORT_FORMATS) {
    const file = join(temporaryDirectory(), "exported");
    const texts: string[] = [];
    for await (const text of exportSession(store, session.id, format)) texts.push(text);
    writeFileSync(file, texts.join(""));
    expect(await detectFormat(file), format).toMatchObject({ isSupported: true });
    const { store: other } = openStore(temporaryDirectory());
    const { sessionId, messagesAdded } = await importFile(other, file);
    expect([sessionId, messagesAdded], format).toEqual([session.id, 2]);
    const back = await other.load(session.id);
    expect(back?.messages, format).toEqual(session.messages);
    expect(back?.metadata.title).toBe("Out and back");
    expect((await importFile(other, file)).messagesAdded, format).toBe(0);
  }
});

test.each([0, 1_000_000])("a token count of somebody's own, %i, comes back as it was", async (tokens) => {
  const { store } = openStore(temporaryDirectory());
  const session = new AgentSession({ messages: [Message.user("so many words that they count")] });
  session.tokenCount = tokens;
  await store.save(session);
  for (const format of EXPORT_FORMATS) {
    const file = join(temporaryDirectory(), "exported");
    const texts: string[] = [];
    for await (const text of exportSession(store, session.id, format)) texts.push(text);
    writeFileSync(file, texts.join(""));
    const { store: other } = openStore(temporaryDirectory());
    await importFile(other, file);
    expect((await other.summary(session.id))?.tokenCount, format).toBe(tokens);
  }
});
