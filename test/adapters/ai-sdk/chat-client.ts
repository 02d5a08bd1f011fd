import {
  AbstractChat,
  convertToModelMessages,
  createAgentUIStreamResponse,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  isStepCount,
  streamText,
  type InferUITools,
  ToolLoopAgent,
  toUIMessageStream,
  type UIDataTypes,
  type UIMessage,
} from "ai";
import type { MockLanguageModelV4 } from "ai/test";
import { chatStore, type ChatRequest } from "../../../src/adapters/ai-sdk/index.ts";
import type { SessionStore } from "../../../src/index.ts";
import { toolApproval, tools } from "./obedient-model.ts";

export type Route = (request: Request) => Promise<Response>;

type Sent<UI extends UIMessage> = Omit<ChatRequest<UI>, "chatId"> & { readonly id: string };

/** The route of the documentation. */
export function chatRoute(store: SessionStore, model: MockLanguageModelV4): Route {
  const chats = chatStore(store);
  return async (request) => {
    const { id, ...sent } = (await request.json()) as Sent<UIMessage>;
    const turn = await chats.beginTurn({ chatId: id, ...sent });
    const { stream } = streamText({
      ...{ model, tools, toolApproval, maxRetries: 0, stopWhen: isStepCount(5), onError: () => undefined },
      abortSignal: request.signal,
      messages: await convertToModelMessages(turn.uiMessages, { tools }),
    });
    return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream, tools, ...turn }) });
  };
}

type AgentMessage = UIMessage<unknown, UIDataTypes, InferUITools<typeof tools>>;

/** The same with an agent. */
export function agentRoute(store: SessionStore, model: MockLanguageModelV4): Route {
  const agent = new ToolLoopAgent({ model, tools, toolApproval, maxRetries: 0 });
  const chats = chatStore<AgentMessage>(store);
  return async (request) => {
    const { id, ...sent } = (await request.json()) as Sent<AgentMessage>;
    const turn = await chats.beginTurn({ chatId: id, ...sent });
    return await createAgentUIStreamResponse({ agent, ...turn, abortSignal: request.signal });
  };
}

/** What a client sends: all of its messages, as `useChat` does by itself, or only the one that a request is about. */
export type Body = "all messages" | "one message";

/** The chat of `useChat`, without React around it. */
export class TestChat extends AbstractChat<UIMessage> {
  constructor(id: string, route: Route, body: Body, messages: UIMessage[] = []) {
    super({
      id,
      state: {
        status: "ready",
        error: undefined,
        messages,
        pushMessage(message) {
          this.messages = [...this.messages, message];
        },
        popMessage() {
          this.messages = this.messages.slice(0, -1);
        },
        replaceMessage(index, message) {
          this.messages = this.messages.with(index, structuredClone(message));
        },
        snapshot: structuredClone,
      },
      transport: new DefaultChatTransport({
        fetch: async (_, init) => await route(new Request("http://localhost/api/chat", init)),
        ...(body === "one message" && {
          prepareSendMessagesRequest: ({ id: chatId, messages: all, trigger, messageId }) => ({
            body: {
              ...{ id: chatId, trigger, messageId },
              message: all.find(({ id }) => id === messageId) ?? all.at(-1),
            },
          }),
        }),
      }),
    });
  }

  /** The messages as they go over the wire. */
  get wire(): unknown {
    return JSON.parse(JSON.stringify(this.messages)) as unknown;
  }

  /** The parts of the last message that call a tool. */
  get toolParts(): { toolCallId: string; state: string; approval?: { id: string } }[] {
    return (this.lastMessage?.parts ?? []).flatMap((part) =>
      "toolCallId" in part ? [part as unknown as (typeof this.toolParts)[number]] : [],
    );
  }

  text(): string[] {
    return this.messages.map(({ parts }) =>
      parts.map((part) => (part.type === "text" ? part.text : part.type)).join(" "),
    );
  }
}
