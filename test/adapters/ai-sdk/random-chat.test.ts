import { validateUIMessages } from "ai";
import { expect, test } from "vitest";
import { chatStore } from "../../../src/adapters/ai-sdk/index.ts";
import { Random, seedFor } from "../../crash/simulation/random.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { agentRoute, chatRoute, TestChat, type Body, type Route } from "./chat-client.ts";
import { obedientModel } from "./obedient-model.ts";

const CHATS = 15;
const STEPS = 20;

/** What a user can ask the model for, in one message. */
function request(random: Random): string {
  const words = ["hello", "think", "weather:Oslo", "destroy:Rome", "locate:Bonn", "naïve \ud83d\ude00"];
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(words)).join(" ");
}

/**
 * Answers what the client was asked, all of it or, as a user may, only a part. A client that sends one message leaves
 * out the results of its tools where the SDK takes the request for one about an earlier answer.
 */
async function respond(chat: TestChat, random: Random, body: Body): Promise<void> {
  const earlier = chat.messages.slice(0, -1).flatMap(({ parts }) => parts);
  const sendsResults =
    body === "all messages" ||
    !earlier.some((part) => "state" in part && part.state === "approval-responded");
  for (const { state, approval, toolCallId } of chat.toolParts) {
    if (random.chance(0.2)) continue;
    if (state === "approval-requested") {
      await chat.addToolApprovalResponse({ id: approval?.id ?? "", approved: random.chance(0.6) });
    } else if (state === "input-available" && sendsResults) {
      const [tool, output] = ["locate", { at: random.below(100) }];
      if (random.chance(0.7)) await chat.addToolOutput({ tool, toolCallId, output });
      else await chat.addToolOutput({ tool, toolCallId, state: "output-error", errorText: "no signal" });
    }
  }
}

/** One thing that a user does with a chat. */
async function step(chat: TestChat, random: Random, body: Body): Promise<void> {
  const asked = chat.toolParts.some(({ state }) => /^(approval-requested|input-available)$/.test(state));
  const mine = chat.messages.filter(({ role }) => role === "user");
  await random.weighted<() => Promise<void>>([
    [4, () => chat.sendMessage({ text: request(random) })],
    [asked ? 8 : 0, () => respond(chat, random, body).then(() => chat.sendMessage())],
    [mine.length > 0 ? 1 : 0, () => chat.regenerate()],
    [mine.length > 0 ? 1 : 0, () => chat.regenerate({ messageId: random.pick(chat.messages).id })],
    [
      mine.length > 0 ? 1 : 0,
      () => chat.sendMessage({ text: request(random), messageId: random.pick(mine).id }),
    ],
    [mine.length > 0 ? 0.5 : 0, () => chat.sendMessage()],
  ])();
}

describeOnEachEngine(
  "whatever is done in a chat, the store has what the AI SDK's own client has",
  (place) => {
    test.for<[Body, (...parameters: Parameters<typeof chatRoute>) => Route]>([
      ["all messages", chatRoute],
      ["one message", chatRoute],
      ["all messages", agentRoute],
    ])(
      `the client sends %s: ${CHATS} chats, ${STEPS} steps each, equal after each`,
      async ([body, route]) => {
        const store = place.open();
        for (let seed = 0; seed < CHATS; seed++) {
          const random = new Random(seedFor(seed, body.length));
          const chat = new TestChat(`chat-${seed}`, route(store, obedientModel()), body);
          for (let index = 0; index < STEPS; index++) {
            await step(chat, random, body);
            const where = `seed ${seed}, step ${index}`;
            expect([chat.status, chat.error], where).toEqual(["ready", undefined]);
            const stored = await chatStore(store).loadChat(chat.id);
            expect(stored, where).toEqual(chat.wire);
            expect(await validateUIMessages({ messages: stored }), where).toEqual(stored);
          }
        }
        const { chats } = await chatStore(place.open()).listChats();
        expect(chats.map(({ id }) => id)).toHaveLength(CHATS);
      },
    );
  },
);
