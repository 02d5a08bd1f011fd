import { expect, test } from "vitest";
import { chatSessionId, chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { nextMillisecond } from "../../../src/conformance/samples.ts";
import { AgentSession, Message } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { answer, assistant, runTurn, scriptedModel, user } from "./scripted-chat.ts";

describeOnEachEngine("the chats of a store", (place) => {
  test("are listed last changed first, in pages, by any id, and nobody else's sessions are", async () => {
    const store = place.open();
    const chats = chatStore(store);
    await store.save(new AgentSession({ messages: [Message.user("Astrid's own")] }));
    await chats.saveChat({ chatId: "chat/ü:1", messages: [user("u1", "a"), assistant("a1", "b\nc")] });
    await nextMillisecond();
    const created = await chats.createChat({ title: "Plans" });
    await nextMillisecond();
    await chats.saveChat({ chatId: "third", messages: [user("u1", "Wohin?")], title: "Reise" });

    const { chats: listed, nextCursor } = await chatStore(place.open()).listChats();
    expect(listed.map(({ id, title, preview, messageCount }) => [id, title, preview, messageCount])).toEqual([
      ["third", "Reise", "Wohin?", 1],
      [created, "Plans", null, 0],
      ["chat/ü:1", null, "b c", 2],
    ]);
    expect(nextCursor).toBe(undefined);
    for (const { id, sessionId, createdAt, updatedAt } of listed) {
      expect(chatSessionId(id)).toBe(sessionId);
      expect((await chats.readChat(id)).sessionId).toBe(sessionId);
      expect(Date.parse(createdAt)).toBeLessThanOrEqual(Date.parse(updatedAt));
    }
    const first = await chats.listChats({ limit: 2 });
    expect(first.chats).toEqual(listed.slice(0, 2));
    expect(await chats.listChats({ limit: 2, cursor: first.nextCursor })).toMatchObject({
      chats: listed.slice(2),
    });
    expect((await chats.listChats({ titleMatches: "reis" })).chats).toEqual(listed.slice(0, 1));
    // In every other reader of the store it is known whose they are, and how large.
    const summary = await store.summary(chatSessionId("third"));
    expect(summary).toMatchObject({
      source: "ai-sdk",
      custom: { source: "ai-sdk", ai_sdk_chat_id: "third" },
    });
    expect(summary?.tokenCount).toBeGreaterThan(0);
  });

  test("a title is stored alone or with messages, kept by turns, and can be taken away", async () => {
    const chats = chatStore(place.open());
    await chats.saveChat({ chatId: "c", title: "First" });
    const turn = await chats.beginTurn({ chatId: "c", message: user("u1", "a") });
    await chats.saveChat({ chatId: "c", title: "Second" });
    await runTurn(scriptedModel(answer("b")), turn);
    expect(await chatStore(place.open()).readChat("c")).toMatchObject({
      title: "Second",
      messages: [{ id: "u1" }, { role: "assistant" }],
    });
    await chats.saveChat({ chatId: "c", title: null });
    expect((await chatStore(place.open()).readChat("c")).title).toBe(null);
  });

  test("a fork of a chat is a chat of its own", async () => {
    const store = place.open();
    const chats = chatStore(store);
    await chats.saveChat({ chatId: "c", messages: [user("u1", "a")] });
    const fork = await store.fork(chatSessionId("c"));
    await nextMillisecond();
    await chats.saveChat({ chatId: fork.id, messages: [user("u1", "a"), assistant("a1", "b")] });
    const { chats: listed } = await chats.listChats();
    expect(listed.map(({ id, messageCount }) => [id, messageCount])).toEqual([
      [fork.id, 2],
      ["c", 1],
    ]);
  });

  test("a deleted chat is gone, in the trash, and may begin anew; its answer under way does not bring it back", async () => {
    const store = place.open();
    const chats = chatStore(store);
    const turn = await chats.beginTurn({ chatId: "c", message: user("u1", "a") });
    expect(await chats.deleteChat("c")).toBe(true);
    expect(await chats.deleteChat("c")).toBe(false);
    expect(await chats.loadChat("c")).toEqual([]);
    expect((await chats.listChats()).chats).toEqual([]);
    const { originalMessages } = turn;
    await expect(
      turn.onUIMessageStepEnd({ messages: [...originalMessages, assistant("a1", "b")] }),
    ).rejects.toMatchObject({ code: "CONFLICT", currentRevision: 0 });
    expect(await chats.loadChat("c")).toEqual([]);

    expect(await store.restore(chatSessionId("c"))).toBe(store.engine.capabilities.trash);
    await chats.deleteChat("c", { trash: false });
    await chats.beginTurn({ chatId: "c", message: user("u2", "again") });
    expect((await chatStore(place.open()).loadChat("c")).map(({ id }) => id)).toEqual(["u2"]);
  });

  test("what a client sends is checked before anything of it is stored", async () => {
    const chats = chatStore(place.open());
    const wrong = { id: "u1", role: "user", parts: [{ type: "text" }] } as never;
    for (const request of [{ message: wrong }, { messages: [user("u0", "a"), wrong] }])
      await expect(chats.beginTurn({ chatId: "c", ...request })).rejects.toMatchObject({
        code: "INVALID_MESSAGE",
        message: expect.stringContaining('"u1"'),
      });
    expect((await chats.listChats()).chats).toEqual([]);
    // An answer whose model failed at once says nothing, and useChat sends it back.
    const silent = { id: "a0", role: "assistant" as const, parts: [] };
    const turn = await chats.beginTurn({ chatId: "c", messages: [user("u0", "a"), silent, user("u1", "b")] });
    expect(turn.uiMessages.map(({ id }) => id)).toEqual(["u0", "u1"]);
  });
});
