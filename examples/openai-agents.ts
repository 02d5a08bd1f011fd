// A session of the OpenAI Agents SDK on a durable store. Runs offline: npx node examples/openai-agents.ts [directory]
import { Agent, Runner, tool } from "@openai/agents-core";
import { assistantMessage, functionCall, modelError, ScriptedModel } from "@openai/agents-core/testing";
import { z } from "zod";
import { openaiSession, recorded } from "../src/adapters/openai-agents/index.ts"; // "astrid-sessions/openai-agents"
import { SessionStore } from "../src/index.ts"; // "astrid-sessions"

await using store = await SessionStore.open(process.argv[2] ?? "memory:");
const session = openaiSession(store, { sessionId: "user-7" });

// A model that needs no network: it calls a tool, fails, and answers when it is asked again.
const model = new ScriptedModel([
  [functionCall("weather", { city: "Bremen" }, { callId: "call-1" })],
  modelError(new Error("The model is overloaded.")),
  [assistantMessage("Take an umbrella.")],
]);
const weather = tool({
  name: "weather",
  description: "The weather in a city",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}`,
});
const agent = new Agent({ name: "guide", model, tools: [weather] });
const runner = new Runner({ tracingDisabled: true });

for (const input of ["Do I need an umbrella?", "Please try again."]) {
  try {
    // Alone, runner.run(agent, input, { session }) would store nothing of a run that fails.
    await recorded(runner, session, (recording) => runner.run(agent, input, recording));
  } catch (error) {
    console.log(`failed: ${(error as Error).message}`);
  }
  console.log(`stored: ${(await session.getItems()).map((item) => item.type ?? "message").join(", ")}`);
}

const summary = await store.summary(session.id);
console.log(`session ${session.id}: ${summary?.messageCount} items, last: ${summary?.lastMessagePreview}`);
