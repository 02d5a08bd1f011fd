import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextMillisecond } from "../../../src/conformance/samples.ts";
import { AgentSession, Message, newSessionId } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { call, connect, type Answer } from "./connect.ts";

const MISSING = newSessionId();

describeOnEachEngine("mcpServer", (place) => {
  test("tools: three that read; two more, marked as what they are, with write", async () => {
    const { tools } = await (await connect(place.open())).listTools();
    expect(tools.map(({ name }) => name)).toEqual(["list_sessions", "search_sessions", "read_session"]);
    for (const { annotations } of tools)
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, openWorldHint: false });
    const writing = (await (await connect(place.open(), { write: true })).listTools()).tools.slice(3);
    expect(
      writing.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint]),
    ).toEqual([
      ["append_message", false, false],
      ["delete_session", false, true],
    ]);
  });

  test("list and search by a workspace take its folders and work trees", async () => {
    const store = place.open();
    const root = temporaryDirectory();
    for (const folder of [".git", "deep"]) mkdirSync(join(root, folder));
    for (const workspacePath of [join(root, "deep"), "/elsewhere"])
      await store.save(new AgentSession({ workspacePath, messages: [Message.user("a needle")] }));
    const client = await connect(store);
    const listed = (await call(client, "list_sessions", { workspace: root })).value;
    expect(listed.sessions).toHaveLength(1);
    const { hits } = (await call(client, "search_sessions", { query: "needle", workspace: root })).value;
    expect(hits.map(({ id }) => id)).toEqual(listed.sessions.map(({ id }) => id));
  });

  test("list: pages, filters, bounded fields", async () => {
    const store = place.open();
    for (let index = 0; index < 25; index++) {
      const title = index === 0 ? "x".repeat(100_000) : `Title ${index}`;
      await store.save(
        new AgentSession({ metadata: { title }, workspacePath: index % 2 ? "/odd" : "/even" }),
      );
      if (index === 0) await nextMillisecond();
    }
    const client = await connect(store);
    const first = (await call(client, "list_sessions")).value;
    const second = (await call(client, "list_sessions", { cursor: first.nextCursor })).value;
    expect([first.sessions.length, second.sessions.length, second.nextCursor]).toEqual([20, 5, undefined]);
    expect(second.sessions.at(-1)?.title).toHaveLength(300);
    const odd = (await call(client, "list_sessions", { workspace: "/odd", limit: 100 })).value;
    expect(odd.sessions).toHaveLength(12);
    expect((await call(client, "list_sessions", { title: "TITLE 7" })).value.sessions).toHaveLength(1);
  });

  test("search finds a message, and read shows it, whatever framework wrote it", async () => {
    const store = place.open();
    const session = new AgentSession({ metadata: { title: "Weather" } });
    session.addMessage(Message.user("Weather in Oslo?"));
    session.addMessage(
      Message.from({
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm" },
          {
            type: "tool-weather",
            toolCallId: "c",
            state: "output-available",
            input: { city: "Oslo" },
            output: "rain",
          },
          { type: "text", text: "It rains cats" },
        ],
      }),
    );
    await store.save(session);
    const client = await connect(store);
    const { hits } = (await call(client, "search_sessions", { query: "cats", role: "assistant" })).value;
    expect(hits).toMatchObject([{ id: session.id, position: 1 }]);
    const { messages, next } = (await call(client, "read_session", { id: session.id, from: 1 })).value;
    expect(messages).toEqual([
      {
        position: 1,
        role: "assistant",
        text: '[thinking] hm\n[tool call weather] {"city":"Oslo"}\n[tool result] rain\nIt rains cats',
      },
    ]);
    expect(next).toBe(undefined);
  });

  test("a search is asked as in the command: what narrows, and what is not wanted, stands among the words", async () => {
    const store = place.open();
    const say = async (source: string, text: string): Promise<string> => {
      const session = new AgentSession({ metadata: { custom: { source } }, messages: [Message.user(text)] });
      await store.save(session);
      return session.id;
    };
    const one = await say("codex", "the quota is exceeded");
    const two = await say("gemini", "the quota is exceeded, retry later");
    const client = await connect(store);
    const found = async (query: string): Promise<string[]> =>
      (await call(client, "search_sessions", { query })).value.hits.map(({ id }) => id);
    expect(await found("quota -retry")).toEqual([one]);
    expect(await found("quota -agent:codex")).toEqual([two]);
    expect(await found("agent:codex quota")).toEqual([one]);
    const { isError } = await call(client, "search_sessions", { query: "quota date:never" });
    expect(isError).toBe(true);
  });

  test("a find's reference reads on from it, also when the session went another way since", async () => {
    const store = place.open();
    const session = new AgentSession({
      messages: [Message.user("a question"), Message.assistant("a needle")],
    });
    await store.save(session);
    const client = await connect(store);
    const [hit] = (await call(client, "search_sessions", { query: "needle" })).value.hits;
    expect(hit?.reference).toBe(`${session.id}:1@1`);
    await store.rewind(session.id, { position: 1 });
    await store.append(session.id, [Message.assistant("something else")]);
    const texts = async (id: string): Promise<string[]> =>
      (await call(client, "read_session", { id })).value.messages.map(({ text }) => text);
    expect(await texts(hit?.reference ?? "")).toEqual(["a needle"]);
    expect(await texts(`${session.id}:1`)).toEqual(["something else"]);
  });

  test("read is bounded: by following next, every character comes once, and no answer is longer", async () => {
    const store = place.open();
    const session = new AgentSession();
    const texts = Array.from({ length: 45 }, (_, i) =>
      i === 7 ? "😀".repeat(50_000) : `message ${i} `.repeat(i * 20),
    );
    for (const text of texts) session.addMessage(Message.user(text));
    await store.save(session);
    const client = await connect(store);
    const read = texts.map(() => "");
    let next: Answer["value"]["next"] = { from: 0 };
    let answers = 0;
    while (next !== undefined) {
      const page: Answer["value"] = (
        await call(client, "read_session", { id: session.id, ...next, limit: 100 })
      ).value;
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page)))).toBeLessThanOrEqual(40_000);
      for (const { position, text, charactersLeft = 0 } of page.messages) {
        expect(text.isWellFormed()).toBe(true);
        read[position] = `${read[position] ?? ""}${text}`;
        expect((read[position]?.length ?? 0) + charactersLeft).toBe(texts[position]?.length);
      }
      next = page.next;
      answers++;
    }
    expect(read).toEqual(texts);
    expect(answers).toBeGreaterThan(5);
    const last = (await call(client, "read_session", { id: session.id, from: -2, limit: 1 })).value;
    expect([last.messages[0]?.position, last.next]).toEqual([43, { from: 44, revision: 1 }]);
  });

  test("resources: listed, completed by the beginning of an id, the end of a conversation read", async () => {
    const store = place.open();
    const session = new AgentSession({ metadata: { title: "Named" } });
    for (let index = 0; index < 30; index++) session.addMessage(Message.user(`m${index}`));
    await store.save(session);
    const client = await connect(store);
    const uri = `astrid-session://${session.id}`;
    expect((await client.listResources()).resources).toMatchObject([{ uri, name: "Named" }]);
    const uriTemplate = "astrid-session://{id}";
    expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([{ uriTemplate }]);
    const ref = { type: "ref/resource" as const, uri: uriTemplate };
    const argument = { name: "id", value: session.id.slice(0, 4).toUpperCase() };
    expect((await client.complete({ ref, argument })).completion.values).toEqual([session.id]);
    const [content] = (await client.readResource({ uri })).contents as { text: string }[];
    const read = JSON.parse(content?.text ?? "") as { title: string; messages: { position: number }[] };
    expect([read.title, read.messages.length, read.messages.at(0)?.position]).toEqual(["Named", 20, 10]);
    await expect(client.readResource({ uri: `astrid-session://${MISSING}` })).rejects.toMatchObject({
      data: { code: "SESSION_NOT_FOUND" },
    });
  });

  test("append is stored, delete goes to the trash; neither without write", async () => {
    const store = place.open();
    const session = new AgentSession({ messages: [Message.user("one")] });
    await store.save(session);
    const { id } = session;
    const reader = await connect(place.open());
    for (const name of ["append_message", "delete_session"]) {
      const refused = await call(reader, name, { id, role: "user", text: "x" });
      expect(refused.value.error).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("--write"),
      });
    }
    const writer = await connect(place.open(), { write: true });
    const appended = await call(writer, "append_message", { id, role: "assistant", text: "two" });
    expect(appended).toMatchObject({ isError: false, value: { revision: 2, position: 1 } });
    const stored = place.open();
    expect((await stored.load(id))?.messages.at(-1)).toEqual({ role: "assistant", content: "two" });
    if (!store.engine.capabilities.trash) return;
    expect((await call(writer, "delete_session", { id })).value).toEqual({
      id,
      deleted: true,
      removed: [id],
    });
    expect((await call(writer, "delete_session", { id })).value).toEqual({ id, deleted: false, removed: [] });
    expect(await stored.load(id)).toBe(undefined);
    expect(await stored.restore(id)).toBe(true);
  });

  test("errors are answers of the tool, with our codes", async () => {
    const client = await connect(place.open(), { write: true });
    const cases: [string, Record<string, unknown>, string][] = [
      ["read_session", { id: MISSING }, "SESSION_NOT_FOUND"],
      ["read_session", { id: "../../etc/passwd" }, "INVALID_SESSION_ID"],
      ["read_session", {}, "INVALID_ARGUMENT"],
      ["read_session", { id: MISSING, limit: 1000 }, "INVALID_ARGUMENT"],
      ["read_session", { id: MISSING, unknown: 1 }, "INVALID_ARGUMENT"],
      ["list_sessions", { cursor: "nonsense" }, "INVALID_ARGUMENT"],
      ["append_message", { id: MISSING, role: "tool", text: "x" }, "INVALID_ARGUMENT"],
      ["append_message", { id: MISSING, role: "user", text: "x" }, "SESSION_NOT_FOUND"],
      ["no_such_tool", {}, "INVALID_ARGUMENT"],
    ];
    for (const [name, args, code] of cases)
      expect(await call(client, name, args), name).toMatchObject({
        isError: true,
        value: { error: { code } },
      });
  });
});
