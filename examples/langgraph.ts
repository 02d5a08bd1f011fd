// A graph whose checkpoints are durable. Runs offline: npx node examples/langgraph.ts [directory]
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { Command, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { AstridSaver } from "../src/adapters/langgraph/index.ts"; // "astrid-sessions/langgraph"
import { SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");

// A model that needs no network, and a step that a person has to allow.
const builder = new StateGraph(MessagesAnnotation)
  .addNode("model", ({ messages }) => ({
    messages: [new AIMessage(`You wrote ${messages.length} message(s) so far. May I?`)],
  }))
  .addNode("approve", () => {
    const answer: string = interrupt("May the agent go on?");
    return { messages: [new AIMessage(answer === "yes" ? "Done." : "Then not.")] };
  })
  .addEdge(START, "model")
  .addEdge("model", "approve");
const compiled = () => builder.compile({ checkpointer: new AstridSaver(store) });

const config = { configurable: { thread_id: "my-thread" } };
await compiled().invoke({ messages: [new HumanMessage("Hello")] }, config);

// Everything up to the question is on disk. A new graph, as a new process would have it, goes on there.
const { messages } = await compiled().invoke(new Command({ resume: "yes" }), config);
for (const message of messages) console.log(`${message.type}: ${message.text}`);

let count = 0;
for await (const _ of compiled().getStateHistory(config)) count++;
console.log(`${count} checkpoints`);
for (const { id, messageCount, lastMessagePreview } of await store.listWithMetadata()) {
  console.log(`session ${id}: ${messageCount} messages, last: ${lastMessagePreview}`);
}
