import type { UIMessage } from "ai";

/** What is read of a part that calls a tool; the kinds of parts are told by their keys, as any version of `ai` has them. */
interface ToolPart {
  readonly type: string;
  readonly toolCallId: string;
  readonly state: string;
  readonly input?: unknown;
  readonly preliminary?: boolean;
  readonly providerExecuted?: boolean;
  readonly approval?: { readonly approved?: boolean; readonly reason?: string };
}

type Part = UIMessage["parts"][number];

const INTERRUPTED =
  "The call was interrupted before its result was stored. Whether it had an effect is not known.";
const NOT_APPROVED = "The call was not approved, and was not made.";

/**
 * The messages as a provider takes them: it refuses a conversation with a call that has no result. A call whose turn was
 * interrupted, or that nobody approved or answered before the conversation went on, gets an error for a result. What
 * the model was about to say (an unfinished thought, the beginning of a call) is left out. Calls that the user has just
 * approved stay as they are: the turn makes them.
 *
 * The stored messages keep what there was.
 */
export function withoutUnanswered<UI extends UIMessage>(messages: readonly UI[]): UI[] {
  return messages.flatMap((message, index) => {
    if (message.role !== "assistant") return [message];
    const isLast = index === messages.length - 1;
    // A step that was begun and has nothing yet is none.
    const lastStep = message.parts.slice(0, -1).findLastIndex(({ type }) => type === "step-start");
    const parts = message.parts.flatMap((part, at) => answered(part, isLast && at > lastStep));
    if (parts.length === 0) return [];
    const isSame =
      parts.length === message.parts.length && parts.every((part, at) => part === message.parts[at]);
    return [isSame ? message : { ...message, parts }];
  });
}

/** @param isUnderWay whether the part is of the step that the turn goes on with. */
function answered(part: Part, isUnderWay: boolean): Part[] {
  if (part.type === "reasoning") return part.state === "streaming" ? [] : [part];
  if (!isToolPart(part)) return [part];
  const { state, approval }: ToolPart = part;
  // Approved or not: what the provider does itself, it was told.
  const isTold = isUnderWay || part.providerExecuted === true;
  if (state === "approval-responded" && isTold) return [part];
  const isOpen =
    ["input-streaming", "input-available", "approval-requested", "approval-responded"].includes(state) ||
    (state === "output-available" && part.preliminary === true);
  if (!isOpen) return [part];
  // Of the beginning of a call, and of its own calls, a provider expects no result.
  if (state === "input-streaming" || part.providerExecuted === true) return [];
  const isMade = approval === undefined || approval.approved === true;
  return [failed(part, isMade ? INTERRUPTED : (approval.reason ?? NOT_APPROVED))];
}

function failed(part: ToolPart, errorText: string): Part {
  const { approval: _, preliminary: __, ...call } = part;
  return { ...call, output: undefined, state: "output-error", errorText } as unknown as Part;
}

function isToolPart(part: object): part is ToolPart {
  return "toolCallId" in part && "state" in part;
}
