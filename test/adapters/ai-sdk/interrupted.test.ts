import {
  type ModelMessage,
  convertToModelMessages,
  jsonSchema,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { expect, test } from "vitest";
import { chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { obedientModel, tools } from "./obedient-model.ts";
import { scriptedModel, toolCall, user } from "./scripted-chat.ts";

type Part = UIMessage["parts"][number];
const call = { type: "tool-destroy", toolCallId: "c1", input: { city: "Rome" } } as const;
const approval = { id: "ap1" };

/** An answer that was interrupted, and what of it a model that is asked again is told of the call. */
const INTERRUPTED: Readonly<Record<string, readonly [parts: Part[], told: string | undefined]>> = {
  "a tool that was running": [
    [{ ...call, state: "input-available" }],
    "Whether it had an effect is not known",
  ],
  "a tool that had told how far it is": [
    [{ ...call, state: "output-available", output: "half of it", preliminary: true }],
    "Whether it had an effect is not known",
  ],
  "a call that was being written": [[{ ...call, state: "input-streaming" }], undefined],
  "a call that the user did not answer": [
    [{ ...call, state: "approval-requested", approval }],
    "The call was not approved",
  ],
  "a call that the user approved, and its turn did not end": [
    [{ ...call, state: "approval-responded", approval: { ...approval, approved: true } }],
    "Whether it had an effect is not known",
  ],
  "a call that the user denied": [
    [
      {
        ...call,
        state: "approval-responded",
        approval: { ...approval, approved: false, reason: "Not Rome!" },
      },
    ],
    "Not Rome!",
  ],
  "a call that the provider makes itself": [
    [{ ...call, state: "input-available", providerExecuted: true }],
    undefined,
  ],
  "one call of two": [
    [
      { ...call, state: "input-available" },
      { ...call, toolCallId: "c2", state: "output-available", output: "gone" },
    ],
    "Whether it had an effect is not known",
  ],
  "a thought": [[{ type: "reasoning", text: "perhaps", state: "streaming" }], undefined],
  "a sentence": [[{ type: "text", text: "It is", state: "streaming" }], undefined],
};

/** What the model says. @throws what the SDK or the provider refuses the messages with. */
async function answered(messages: ModelMessage[]): Promise<string> {
  const errors: unknown[] = [];
  const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error);
  const model = obedientModel();
  const { stream } = streamText({ model, tools, messages, maxRetries: 0, onError });
  let text = "";
  for await (const part of stream) if (part.type === "text-delta") text += part.text;
  for (const error of errors) throw error;
  return text;
}

describeOnEachEngine("a turn after an interruption", (place) => {
  test.for(Object.entries(INTERRUPTED))("%s", async ([, [parts, told]]) => {
    const interrupted: UIMessage = { id: "a1", role: "assistant", parts: [{ type: "step-start" }, ...parts] };
    const chats = chatStore(place.open());
    await chats.saveChat({ chatId: "c", messages: [user("u1", "go"), interrupted] });
    const turn = await chats.beginTurn({ chatId: "c", message: user("u2", "hello") });
    const prompt = await convertToModelMessages(turn.uiMessages);
    expect(await answered(prompt)).toBe("Answer 1.");
    const sent = JSON.stringify(prompt);
    if (told === undefined) expect(sent).not.toContain("c1");
    else expect(sent).toContain(told);
    // What is stored is what was said, for the client too.
    expect(turn.originalMessages[1]).toEqual(interrupted);
    expect(await chatStore(place.open()).loadChat("c")).toEqual(turn.originalMessages);
  });

  test("a turn that was stopped while a tool ran: the next one works, with what was stored", async () => {
    const chats = chatStore(place.open());
    const stop = new AbortController();
    const slow = {
      weather: tool({
        inputSchema: jsonSchema<{ city: string }>({ type: "object" }),
        execute: async () => {
          stop.abort();
          return await new Promise<string>(() => undefined);
        },
      }),
    };
    const turn = await chats.beginTurn({ chatId: "c", messages: [user("u1", "Oslo?")] });
    const { stream } = streamText({
      ...{ model: scriptedModel(toolCall("Oslo")), tools: slow, abortSignal: stop.signal },
      messages: await convertToModelMessages(turn.uiMessages),
    });
    for await (const _ of toUIMessageStream({ stream, tools: slow, ...turn }));
    const [, stopped] = await chatStore(place.open()).loadChat("c");
    expect(stopped?.parts).toMatchObject([{ type: "step-start" }, { state: "input-available" }]);

    const next = await chats.beginTurn({ chatId: "c", message: user("u2", "And now?") });
    const asStored = await convertToModelMessages(next.originalMessages);
    await expect(answered(asStored)).rejects.toThrow("Tool result is missing");
    expect(await answered(await convertToModelMessages(next.uiMessages))).toBe("Answer 1.");
  });

  test("a call that the user has just approved is left to be made; one beside it that nobody answered is not", async () => {
    const chats = chatStore(place.open());
    const approved = { ...call, state: "approval-responded", approval: { ...approval, approved: true } };
    const other = { ...call, toolCallId: "c2", state: "approval-requested", approval: { id: "ap2" } };
    const message = { id: "a1", role: "assistant", parts: [{ type: "step-start" }, approved, other] };
    await chats.saveChat({ chatId: "c", messages: [user("u1", "go")] });
    const turn = await chats.beginTurn({ chatId: "c", message: message as UIMessage });
    expect(turn.uiMessages.at(-1)?.parts).toMatchObject([
      { type: "step-start" },
      approved,
      { toolCallId: "c2", state: "output-error" },
    ]);
    const prompt = await convertToModelMessages(turn.uiMessages, { tools });
    expect(prompt.at(-1)).toMatchObject({
      role: "tool",
      content: [{ approvalId: "ap1" }, { toolCallId: "c2" }],
    });
  });
});
