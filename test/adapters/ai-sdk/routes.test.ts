import { validateUIMessages } from "ai";
import { describe, expect, test, vi } from "vitest";
import { chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { agentRoute, chatRoute, TestChat, type Body } from "./chat-client.ts";
import { obedientModel } from "./obedient-model.ts";

const routes = { "the route": chatRoute, "the route of an agent": agentRoute };

describeOnEachEngine("chatStore behind useChat", (place) => {
  for (const [name, route] of Object.entries(routes))
    describe.each<Body>(["all messages", "one message"])(`${name}, the client sends %s`, (body) => {
      /** A client and what is stored of its chat, read anew. */
      function start(): { chat: TestChat; same: () => Promise<void> } {
        const chat = new TestChat("chat", route(place.open(), obedientModel()), body);
        const same = async (): Promise<void> => {
          expect([chat.status, chat.error]).toEqual(["ready", undefined]);
          const stored = await chatStore(place.open()).loadChat("chat");
          expect(stored).toEqual(chat.wire);
          // An edited message has a key of the client's, which the check leaves out.
          expect(await validateUIMessages({ messages: stored })).toEqual(
            await validateUIMessages({ messages: chat.wire }),
          );
        };
        return { chat, same };
      }

      test("messages, with a tool, are stored as the client has them", async () => {
        const { chat, same } = start();
        await chat.sendMessage({ text: "Hello" });
        await same();
        await chat.sendMessage({ text: "think weather:Oslo" });
        await same();
        expect(chat.text()).toEqual([
          "Hello",
          "step-start Answer 1.",
          "think weather:Oslo",
          "step-start reasoning tool-weather step-start Answer 3.",
        ]);
      });

      test("an answer made anew, the last one and one further up, replaces what came behind", async () => {
        const { chat, same } = start();
        await chat.sendMessage({ text: "one" });
        await chat.sendMessage({ text: "two" });
        await chat.regenerate();
        expect(chat.text()).toEqual(["one", "step-start Answer 1.", "two", "step-start Answer 3."]);
        await same();
        await chat.regenerate({ messageId: chat.messages[1]?.id ?? "" });
        expect(chat.text()).toEqual(["one", "step-start Answer 4."]);
        await same();
        await chat.sendMessage({ text: "three" });
        await chat.regenerate({ messageId: chat.messages[0]?.id ?? "" });
        expect(chat.text()).toEqual(["one", "step-start Answer 6."]);
        await same();
      });

      test("an edited message replaces what came behind: changed, unchanged, and under a new id", async () => {
        const { chat, same } = start();
        await chat.sendMessage({ text: "one" });
        await chat.sendMessage({ text: "two" });
        await chat.sendMessage({ text: "uno", messageId: chat.messages[0]?.id ?? "" });
        expect(chat.text()).toEqual(["uno", "step-start Answer 3."]);
        await same();
        await chat.sendMessage({ text: "two" });
        await chat.sendMessage({ text: "uno", messageId: chat.messages[0]?.id ?? "" });
        expect(chat.text()).toEqual(["uno", "step-start Answer 5."]);
        await same();
        await chat.sendMessage({ text: "two" });
        const parts = [{ type: "text" as const, text: "ein" }];
        await chat.sendMessage({ id: "new", role: "user", parts, messageId: chat.messages[0]?.id ?? "" });
        expect(chat.text()).toEqual(["ein", "step-start Answer 7."]);
        await same();
      });

      test("approving, denying, and the results of the client's tools go on with the answer", async () => {
        const { chat, same } = start();
        await chat.sendMessage({ text: "destroy:Rome" });
        await same();
        await chat.addToolApprovalResponse({ id: chat.toolParts[0]?.approval?.id ?? "", approved: true });
        await chat.sendMessage();
        await same();
        expect(chat.toolParts).toMatchObject([{ state: "output-available", output: "Rome is no more" }]);

        await chat.sendMessage({ text: "destroy:Oslo weather:Oslo" });
        const asked = chat.toolParts.find(({ state }) => state === "approval-requested");
        await chat.addToolApprovalResponse({ id: asked?.approval?.id ?? "", approved: false, reason: "no" });
        await chat.sendMessage();
        await same();
        expect(chat.messages).toHaveLength(4);

        await chat.sendMessage({ text: "locate:Bonn locate:Kiel" });
        await same();
        const [bonn, kiel] = chat.toolParts;
        await chat.addToolOutput({ tool: "locate", toolCallId: bonn?.toolCallId ?? "", output: { at: 1 } });
        await chat.addToolOutput({
          ...{ tool: "locate", toolCallId: kiel?.toolCallId ?? "" },
          ...{ state: "output-error", errorText: "no signal" },
        });
        await chat.sendMessage();
        await same();
        expect(chat.messages).toHaveLength(6);
        expect(chat.text().at(-1)).toMatch(/^step-start tool-locate tool-locate step-start Answer/);
      });
    });

  test("each step of an agent is stored while the next has not answered yet", async () => {
    const model = obedientModel();
    const storedNow = async (): Promise<string[]> =>
      (await chatStore(place.open()).loadChat("chat")).map(
        ({ role, parts }) => `${role} ${parts.map(({ type }) => type).join(" ")}`,
      );
    // What the step before brought, for each answer of the model.
    const expected = [["user text"], ["user text", "assistant step-start tool-weather"]];
    let answers = 0;
    const reading = new Proxy(model, {
      get(target, key) {
        if (key !== "doStream") return Reflect.get(target, key) as unknown;
        return async (options: Parameters<typeof model.doStream>[0]) => {
          // The SDK begins a step when it tells of the one before: that is being stored then.
          await vi.waitFor(async () => expect(await storedNow()).toEqual(expected[answers]), 60_000);
          answers++;
          return await model.doStream(options);
        };
      },
    });
    await new TestChat("chat", agentRoute(place.open(), reading), "all messages").sendMessage({
      text: "weather:Oslo",
    });
    expect(answers).toBe(expected.length);
  });
});
