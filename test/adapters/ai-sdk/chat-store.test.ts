import { jsonSchema, validateUIMessages, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { chatSessionId, chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import {
  AgentSession,
  isSessionId,
  Message,
  parseSessionId,
  projectMessage,
  type SessionStore,
} from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { answer, assistant, runTurn, scriptedModel, toolCall, tools, user } from "./scripted-chat.ts";

const ids = (messages: readonly UIMessage[]): string[] => messages.map(({ id }) => id);

/** Start, deleted and inserted messages of each commit behind a revision. */
async function splices(store: SessionStore, id: string, after: number): Promise<(number | undefined)[][]> {
  const found: (number | undefined)[][] = [];
  for await (const { splice } of store.engine.commits(parseSessionId(id), after))
    found.push([splice?.[0], splice?.[1], splice?.[2].length]);
  return found;
}

describeOnEachEngine("chatStore", (place) => {
  test("messages come back deep-equal, whatever they hold, under any chat id", async () => {
    const messages: UIMessage[] = [
      { ...user("u1", "naïve 日本 \ud83d\ude00"), metadata: { at: 1, deep: [{ a: null }] } },
      {
        id: "a1",
        role: "assistant",
        parts: [
          { type: "step-start" },
          { type: "reasoning", text: "hm", state: "done" },
          {
            type: "tool-weather",
            toolCallId: "c1",
            state: "output-available",
            input: { city: "Oslo" },
            output: { degrees: 3 },
          },
          { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" },
          { type: "source-url", sourceId: "s", url: "https://example.com" },
          { type: "data-chart", id: "d", data: { x: [1, 2] } },
          { type: "text", text: "3 degrees", state: "done" },
        ],
      },
    ];
    const chatId = "chat/ü:1";
    await chatStore(place.open()).saveChat({ chatId, messages });
    const loaded = await chatStore(place.open()).loadChat(chatId);
    expect(loaded).toEqual(messages);
    expect(await validateUIMessages({ messages: loaded })).toEqual(messages);
    expect(await chatStore(place.open()).loadChat("another")).toEqual([]);
    // What only a server has becomes what the client gets of it.
    const dated = { ...user("u1", "x"), metadata: { at: new Date(0), left: undefined } };
    await chatStore(place.open()).saveChat({ chatId: "dated", messages: [dated] });
    const [first] = await chatStore(place.open()).loadChat("dated");
    expect(first?.metadata).toEqual({ at: "1970-01-01T00:00:00.000Z" });
  });

  test("a turn with a tool: the user's message before the model, each step, the end; listed, searched, projected", async () => {
    const store = place.open();
    const chats = chatStore(store);
    const chatId = await chats.createChat();
    expect(isSessionId(chatId)).toBe(true);
    const turn = await chats.beginTurn({ chatId, messages: [user("u1", "Weather in Oslo?")] });
    expect(ids(await chatStore(place.open()).loadChat(chatId))).toEqual(["u1"]);
    await runTurn(scriptedModel(toolCall("Oslo"), answer("It is 21 degrees.")), turn);

    const loaded = await chatStore(place.open(), { tools }).loadChat(chatId);
    expect(loaded.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(loaded[1]?.id).toMatch(/^msg-./);
    expect(loaded[1]?.parts).toMatchObject([
      { type: "step-start" },
      { type: "tool-weather", state: "output-available", output: { degrees: 21 } },
      { type: "step-start" },
      { type: "text", text: "It is 21 degrees." },
    ]);
    const stored = (await store.load(chatId))?.messages[1] as Message;
    expect(projectMessage(stored)).toMatchObject({
      text: "It is 21 degrees.",
      toolCalls: [{ id: "call-Oslo", name: "weather", arguments: { city: "Oslo" } }],
      toolResults: [{ callId: "call-Oslo", isError: false }],
      other: [],
    });
    expect((await store.summary(chatId))?.lastMessagePreview).toBe("It is 21 degrees.");
    expect(await store.search("degrees")).toMatchObject([{ id: chatId, position: 1 }]);
    expect(await store.search("weather oslo")).not.toEqual([]);
  });

  test("a model that fails costs nothing that was there: neither the user's message nor finished steps", async () => {
    const chats = chatStore(place.open());
    const first = await chats.beginTurn({ chatId: "c", messages: [user("u1", "hello")] });
    await runTurn(scriptedModel(new Error("overloaded")), first);
    expect(ids(await chatStore(place.open()).loadChat("c"))).toEqual(["u1"]);
    const second = await chats.beginTurn({
      chatId: "c",
      messages: [user("u1", "hello"), user("u2", "Oslo?")],
    });
    await runTurn(scriptedModel(toolCall("Oslo"), new Error("overloaded")), second);
    const loaded = await chatStore(place.open()).loadChat("c");
    expect(loaded).toHaveLength(3);
    expect(loaded[2]?.parts).toMatchObject([{ type: "step-start" }, { type: "tool-weather" }]);
  });

  test("only what changed is written: nothing for the same again, one message for a new one", async () => {
    const store = place.open();
    const chats = chatStore(store);
    const chatId = await chats.createChat();
    const messages = Array.from({ length: 40 }, (_, i) => (i % 2 ? assistant : user)(`m${i}`, `text ${i}`));
    await chats.saveChat({ chatId, messages });
    await chats.saveChat({ chatId, messages });
    await chats.saveChat({ chatId, messages: [...messages, user("m40", "last")] });
    expect(await splices(store, chatId, 1)).toEqual([
      [0, 0, 40],
      [40, 0, 1],
    ]);
  });

  test("an edit, a regeneration and a continued answer are splices", async () => {
    const store = place.open();
    const chats = chatStore(store);
    const chatId = await chats.createChat();
    const chat = [user("u1", "a"), assistant("a1", "b"), user("u2", "c"), assistant("a2", "d")];
    await chats.saveChat({ chatId, messages: chat });
    // The answer goes on (a tool's result came from the client): same id, new content.
    const longer = assistant("a2", "d and more");
    await chats.saveChat({ chatId, messages: [...chat.slice(0, 3), longer] });
    expect(await chats.loadChat(chatId)).toEqual([...chat.slice(0, 3), longer]);
    // Regenerated: the callback alone gives the new answer.
    await chats.saveChat({ chatId, messages: [...chat.slice(0, 3), assistant("a2b", "e")] });
    expect(ids(await chats.loadChat(chatId))).toEqual(["u1", "a1", "u2", "a2b"]);
    // Regenerated further up, as the client says.
    await chats.saveChat({ chatId, messages: chat.slice(0, 1), trigger: "regenerate-message" });
    expect(ids(await chats.loadChat(chatId))).toEqual(["u1"]);
    await chats.saveChat({ chatId, messages: chat });
    // Edited: what followed is replaced.
    await chats.saveChat({ chatId, messages: [user("u1", "changed")] });
    expect(await chats.loadChat(chatId)).toEqual([user("u1", "changed")]);
    expect(await splices(store, chatId, 2)).toEqual([
      [3, 1, 1],
      [3, 1, 1],
      [1, 3, 0],
      [1, 0, 3],
      [0, 4, 1],
    ]);
    // Nothing that was replaced is gone.
    const before = await store.fork(chatId, { revision: 2 });
    expect(ids(await chats.loadChat(before.id))).toEqual(["u1", "a1", "u2", "a2"]);
  });

  test("two tabs on one chat, each unaware of the other: both turns are kept, answers behind their questions", async () => {
    const [left, right] = [chatStore(place.open()), chatStore(place.open())];
    const seen = [user("u1", "a"), assistant("a1", "b")];
    await left.saveChat({ chatId: "c", messages: seen });
    const turns = await Promise.all([
      left.beginTurn({ chatId: "c", messages: [...seen, user("left", "l")] }),
      right.beginTurn({ chatId: "c", messages: [...seen, user("right", "r")] }),
    ]);
    await Promise.all(turns.map((turn, index) => runTurn(scriptedModel(answer(`to ${index}`)), turn)));
    const loaded = await chatStore(place.open()).loadChat("c");
    const texts = loaded.map(({ parts }) =>
      parts.flatMap((part) => (part.type === "text" ? part.text : [])).join(),
    );
    expect([
      ["a", "b", "l", "to 0", "r", "to 1"],
      ["a", "b", "r", "to 1", "l", "to 0"],
    ]).toContainEqual(texts);
  });

  test("many saves at once, from two stores: each message is there once", async () => {
    const tabs = [chatStore(place.open()), chatStore(place.open())];
    const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
    await Promise.all(
      names.map(async (name, index) => {
        await tabs[index % 2]?.saveChat({ chatId: "c", messages: [user(name, name)] });
      }),
    );
    expect(ids(await chatStore(place.open()).loadChat("c")).sort()).toEqual(names.sort());
  });

  test("the active stream is stored, alone or with messages, and cleared by a turn", async () => {
    const chats = chatStore(place.open());
    await chats.saveChat({ chatId: "c", activeStreamId: "s1" });
    expect(await chatStore(place.open()).readChat("c")).toEqual({
      id: "c",
      sessionId: chatSessionId("c"),
      title: null,
      messages: [],
      activeStreamId: "s1",
    });
    const turn = await chats.beginTurn({ chatId: "c", messages: [user("u1", "a")] });
    expect((await chats.readChat("c")).activeStreamId).toBe(null);
    await chats.saveChat({ chatId: "c", activeStreamId: "s2" });
    await runTurn(scriptedModel(answer("b")), turn);
    const chat = await chatStore(place.open()).readChat("c");
    expect([chat.activeStreamId, chat.messages.length]).toEqual([null, 2]);
  });

  test("what does not fit the schemas, or is another writer's, is a typed error that names the message", async () => {
    const store = place.open();
    const messages = [user("u1", "a"), { ...user("u2", "b"), metadata: { mood: 1 } }];
    await chatStore(store).saveChat({ chatId: "c", messages });
    const metadataSchema = jsonSchema<{ mood: string }>(
      {},
      {
        validate: (value) =>
          typeof (value as { mood?: unknown } | undefined)?.mood === "number"
            ? { success: false, error: new Error("mood is a number") }
            : { success: true, value: value as { mood: string } },
      },
    );
    const picky = chatStore(store, { metadataSchema });
    await expect(picky.loadChat("c")).rejects.toMatchObject({ code: "INVALID_STORED_MESSAGE", position: 1 });
    const session = new AgentSession({ messages: [Message.toolResult({ callId: "1", content: "x" })] });
    await store.save(session);
    await expect(chatStore(store).loadChat(session.id)).rejects.toMatchObject({
      code: "INVALID_STORED_MESSAGE",
      message: expect.stringContaining("Message 0"),
    });
  });

  test("a message without an id, and two with the same, are refused; a deleted chat does not come back", async () => {
    const store = place.open();
    const chats = chatStore(store);
    const invalid = { code: "INVALID_MESSAGE" };
    await expect(chats.saveChat({ chatId: "c", messages: [user("", "x")] })).rejects.toMatchObject(invalid);
    const twice = [user("u1", "x"), user("u1", "y")];
    await expect(chats.saveChat({ chatId: "c", messages: twice })).rejects.toMatchObject(invalid);
    expect(await store.list()).toEqual([]);
    const turn = await chats.beginTurn({ chatId: "c", messages: [user("u1", "x")] });
    for (const id of await store.list()) await store.delete(id);
    await expect(
      chats.saveChat({ chatId: "c", messages: [...turn.originalMessages, assistant("a1", "y")] }),
    ).rejects.toMatchObject({ code: "CONFLICT", currentRevision: 0 });
  });
});
