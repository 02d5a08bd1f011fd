import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import type { AgentInputItem } from "@openai/agents-core";
import type { UIMessage } from "ai";
import { expect, test } from "vitest";
import { chatStore } from "../../src/adapters/ai-sdk/index.ts";
import { claudeSessionStore } from "../../src/adapters/claude-agent-sdk/index.ts";
import { openaiSession } from "../../src/adapters/openai-agents/index.ts";
import type { SessionStore } from "../../src/index.ts";
import { describeOnEachEngine } from "./each-engine.ts";

/** What a tool may return and JSON cannot hold; what would come back as something else must be refused. */
const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ["a BigInt", 7n],
  ["a Date", new Date(0)],
  ["a Map", new Map([["a", 1]])],
  ["a Set", new Set([1])],
  ["bytes", new Uint8Array([1, 2])],
  ["no number", Number.NaN],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["an error", new Error("no")],
  ["an object that says how it is JSON", { toJSON: () => 5 }],
];

/** A place within what each framework stores in which its types allow anything. */
const ADAPTERS: Readonly<
  Record<string, (store: SessionStore) => { put(value: unknown): Promise<unknown>; all(): Promise<unknown> }>
> = {
  "OpenAI Agents": (store) => {
    const session = openaiSession(store, { sessionId: "user-7" });
    return {
      put: (value) => {
        const content = [{ type: "input_text", text: "Hello", providerData: { value } }];
        return session.addItems([{ type: "message", role: "user", content } as AgentInputItem]);
      },
      all: () => session.getItems(),
    };
  },
  "Claude Agent SDK": (store) => {
    const key = { projectKey: "-project", sessionId: "11111111-1111-4111-8111-111111111111" };
    const transcripts = claudeSessionStore(store);
    const entry = (value: unknown): SessionStoreEntry => ({ type: "user", toolUseResult: { value } });
    return {
      put: (value) => transcripts.append(key, [entry(value)]),
      all: () => transcripts.load(key),
    };
  },
};

describeOnEachEngine("a value that JSON cannot hold", (place) => {
  test.each(Object.entries(ADAPTERS))(
    "is refused by %s with where it is, and changes nothing",
    async (_, open) => {
      await using store = place.open();
      const { put, all } = open(store);
      await put("before");
      const before = await all();
      for (const [name, value] of VALUES) {
        const refusal = await put(value).then(
          () => `${name} was stored`,
          (error: unknown) => error,
        );
        expect(refusal, name).toMatchObject({
          code: expect.stringMatching(/^INVALID_/) as string,
          message: expect.stringContaining("value") as string,
        });
        expect(await all(), name).toEqual(before);
      }
      await put("after");
      expect(await all()).toHaveLength((before as unknown[]).length + 1);
    },
  );

  test("is stored by AI SDK's chats as the client gets it, or refused with the message it is in", async () => {
    await using store = place.open();
    const chats = chatStore(store);
    let messages: UIMessage[] = [];
    for (const [name, value] of VALUES) {
      const parts: UIMessage["parts"] = [{ type: "data-found", data: { value } }];
      const next: UIMessage[] = [...messages, { id: name, role: "assistant", parts }];
      const saved = chats.saveChat({ chatId: "chat", messages: next });
      if (typeof value === "bigint") {
        await expect(saved).rejects.toMatchObject({
          code: "INVALID_MESSAGE",
          message: expect.stringContaining(`"${name}" is not JSON`) as string,
        });
      } else {
        await saved;
        messages = next;
      }
      expect(await chats.loadChat("chat"), name).toEqual(JSON.parse(JSON.stringify(messages)));
    }
  });
});
