import { expect, test } from "vitest";
import { turnOf } from "../../src/faces/whose-turn.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";

const call = { type: "tool_use", id: "c1", name: "Bash", input: { command: "make" } };
const calling = (...parts: readonly object[]): Message =>
  Message.from({ role: "assistant", content: [...parts] as never });
const uiTool = (state: string): object => ({
  ...{ type: "tool-bash", toolCallId: "c1", state, input: {} },
  ...(state === "output-available" ? { output: "done" } : {}),
});

test.each<[string, readonly Message[], "yours" | "call" | undefined]>([
  ["an answer", [Message.user("x"), Message.assistant("Done.")], "yours"],
  ["a question", [Message.user("x")], undefined],
  ["nothing", [], undefined],
  ["an empty answer", [Message.user("x"), Message.assistant(" ")], undefined],
  ["a call that runs", [Message.user("x"), calling({ type: "text", text: "I build." }, call)], "call"],
  ["a call's result", [calling(call), Message.toolResult({ callId: "c1", content: "done" })], undefined],
  ["a call that asks for an approval", [calling(uiTool("approval-requested"))], "yours"],
  ["a call that has its result, and no word since", [calling(uiTool("output-available"))], undefined],
  ["a word behind it", [calling(uiTool("output-available"), { type: "text", text: "Done." })], "yours"],
  [
    "an answer, and a note behind it",
    [Message.assistant("Done."), Message.from({ role: "user", content: "note", meta: true })],
    "yours",
  ],
])("after %s", async (_, messages, turn) => {
  await using store = new SessionStore("memory:");
  const session = new AgentSession({ messages: [...messages] });
  await store.save(session);
  expect(await turnOf(store, session.id)).toBe(turn);
});
