import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../../src/index.ts";
import { call, connect, type Answer } from "./connect.ts";

/** As the text of an answer; the whole goes out twice, with a frame around it. */
const MOST = 40_000;

/** Characters that grow when they are escaped, twice; that take many bytes; that are several units. */
const NASTY = ["\u0001", '"', "\\", "\n", "海", "😀", "👨‍👩‍👧‍👦", "e\u0301", "\ud83d", "\ud83d\\ud83d"];
const HALF = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** The wire's bytes of a tool's answer. */
async function sizeOf(client: Client, name: string, args: Record<string, unknown>): Promise<number> {
  const result = await client.callTool({ name, arguments: args });
  const [{ text }] = result.content as [{ text: string }];
  expect(HALF.test(JSON.stringify(result)) || HALF.test(text)).toBe(false);
  expect(JSON.parse(text)).toEqual(result.structuredContent);
  return Buffer.byteLength(JSON.stringify(text));
}

test.for(NASTY)(
  "answers of %j are bounded in bytes as they are sent, and lose nothing",
  async (character) => {
    await using store = new SessionStore("memory:");
    const long = character.repeat(60_000 / character.length);
    const field = character.repeat(2_000 / character.length);
    const session = new AgentSession({
      metadata: { title: `word ${long}` },
      workspacePath: `/w/${long}`,
      model: long,
    });
    const texts = [`word ${long}`, "short", long];
    for (const [index, text] of texts.entries())
      session.addMessage(Message.from({ role: index === 1 ? long : "user", content: text, at: long }));
    await store.save(session);
    for (let index = 0; index < 100; index++) {
      const metadata = { title: `word ${index} ${field}` };
      const messages = [Message.user(`word ${field}`)];
      await store.save(new AgentSession({ metadata, workspacePath: `/w/${field}`, model: field, messages }));
    }
    const client = await connect(store);
    await client.listTools();

    const listed = new Set<string>();
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const args = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
      expect(await sizeOf(client, "list_sessions", args)).toBeLessThanOrEqual(MOST);
      const { value } = await call(client, "list_sessions", args);
      for (const { id } of value.sessions) listed.add(id);
      cursor = value.nextCursor;
    }
    expect(listed.size).toBe(101);

    expect(await sizeOf(client, "search_sessions", { query: "word", limit: 50 })).toBeLessThanOrEqual(MOST);
    const { hits, hitsLeftOut = 0 } = (await call(client, "search_sessions", { query: "word", limit: 50 }))
      .value;
    expect(hits.length + Number(hitsLeftOut)).toBe(50);

    const read = texts.map(() => "");
    let next: Answer["value"]["next"] = { from: 0 };
    while (next !== undefined) {
      const args = { id: session.id, ...next, limit: 100 };
      expect(await sizeOf(client, "read_session", args)).toBeLessThanOrEqual(MOST);
      const page: Answer["value"] = (await call(client, "read_session", args)).value;
      expect(page.messages.length + Number(page.next?.from !== next.from)).toBeGreaterThan(0);
      for (const { position, text } of page.messages) read[position] = `${read[position] ?? ""}${text}`;
      next = page.next;
    }
    expect(read).toEqual(texts.map((text) => text.toWellFormed()));

    const [content] = (await client.readResource({ uri: `astrid-session://${session.id}` })).contents;
    expect(
      Buffer.byteLength(JSON.stringify(content === undefined || "blob" in content ? "" : content.text)),
    ).toBeLessThanOrEqual(MOST);
  },
);

test("a title with half a pair, or an emoji where it is cut, breaks no list of resources", async () => {
  await using store = new SessionStore("memory:");
  for (const title of ["half \ud83d", `${"x".repeat(199)}😀`, null])
    await store.save(new AgentSession({ metadata: { title }, messages: [Message.user("A question.")] }));
  const { resources } = await (await connect(store)).listResources();
  expect(JSON.stringify(resources)).not.toMatch(HALF);
  const names = resources.map(({ name }) => name);
  expect(names.toSorted()).toEqual(["A question.", "half \ufffd", `${"x".repeat(199)}…`]);
});
