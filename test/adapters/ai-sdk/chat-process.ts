import { type UIMessage } from "ai";
import { writeSync } from "node:fs";
import { chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { answer, runTurn, scriptedModel, toolCall, user } from "./scripted-chat.ts";

/** Turns without end on one chat; prints the message as JSON each time that one was told to be stored. */
const [directory = ""] = process.argv.slice(2);
const chats = chatStore(new SessionStore(directory));

function report(messages: readonly UIMessage[]): void {
  writeSync(1, `${JSON.stringify(messages.at(-1))}\n`);
}

let messages: UIMessage[] = [];
for (let index = 0; ; index++) {
  messages = [...messages, user(`u${index}`, `question ${index}`)];
  const turn = await chats.beginTurn({ chatId: "c", messages });
  report(messages);
  await runTurn(scriptedModel(toolCall(`city ${index}`), answer(`answer ${index}`)), {
    ...turn,
    onStepEnd: async (event) => {
      await turn.onStepEnd(event);
      report(event.messages);
    },
    onEnd: async (event) => {
      await turn.onEnd(event);
      report(event.messages);
      messages = event.messages;
    },
  });
}
