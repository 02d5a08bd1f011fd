import type { UIMessage, UIMessageStreamOptions } from "ai";
import { randomUUID } from "node:crypto";
import { withoutUnanswered } from "./unanswered-calls.ts";

type StreamOptions<UI extends UIMessage> = Required<
  Pick<UIMessageStreamOptions<UI>, "originalMessages" | "generateMessageId" | "onEnd">
>;

/**
 * Options that store what a turn brings, as it comes: for `toUIMessageStream({ stream, ...turn })` and for
 * `createAgentUIStreamResponse({ agent, ...turn })`.
 */
export interface ChatTurn<UI extends UIMessage> extends StreamOptions<UI> {
  /**
   * What to ask the model with: the chat's messages as a provider takes them, each call with a result. For
   * `convertToModelMessages`; an agent takes them from here.
   */
  readonly uiMessages: UI[];
  /** Stores a step of `toUIMessageStream`. An agent calls it with the model's step, of which nothing is stored. */
  readonly onStepEnd: (step: object) => Promise<void>;
  /** Stores a step of an agent (`ai` 7.0.132 or later). */
  readonly onUIMessageStepEnd: (step: { readonly messages: UI[] }) => Promise<void>;
}

/** @param store stores the chat's messages as they are after a step, or `isEnd` at the end. */
export function chatTurn<UI extends UIMessage>(
  messages: readonly UI[],
  store: (messages: readonly UI[], isEnd: boolean) => Promise<void>,
): ChatTurn<UI> {
  return {
    originalMessages: [...messages],
    uiMessages: withoutUnanswered(messages),
    generateMessageId: () => `msg-${randomUUID()}`,
    onStepEnd: async (step) => {
      if (isOfStream<UI>(step)) await store(step.messages, false);
    },
    onUIMessageStepEnd: async (step) => store(step.messages, false),
    onEnd: async (end) => store(end.messages, true),
  };
}

function isOfStream<UI extends UIMessage>(step: object): step is { readonly messages: UI[] } {
  return "responseMessage" in step && "messages" in step;
}
