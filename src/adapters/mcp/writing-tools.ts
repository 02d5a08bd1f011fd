import { Message } from "../../session/message.ts";
import { parseSessionId } from "../../session/session-id.ts";
import { arrayOf, INTEGER, object, TEXT } from "./answer-schema.ts";
import { sessionId } from "./reading-tools.ts";
import type { Tool } from "./tool.ts";

/** @param system whether instructions may be stored, which a model that reads the session would follow. */
const appendMessage = (system: boolean): Tool => ({
  name: "append_message",
  title: "Append a message",
  description: "Adds one message of text to the end of a stored session; it is durable when this answers.",
  parameters: {
    id: sessionId,
    role: {
      type: "string",
      description: "Who says it.",
      enum: ["user", "assistant", ...(system ? ["system"] : [])],
    },
    text: { type: "string", description: "What is said." },
  },
  required: ["id", "role", "text"],
  output: object({ revision: INTEGER, position: INTEGER }, ["revision", "position"]),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async call(store, args) {
    const message = Message.from({ role: args.text("role"), content: args.text("text") });
    const { revision, messageCount } = await store.append(args.text("id"), [message]);
    return { revision, position: messageCount - 1 };
  },
});

const deleteSession: Tool = {
  name: "delete_session",
  title: "Delete a session",
  description:
    'Moves a session and those of its sub-agents to the trash, from where "astrid-sessions restore" brings each back.',
  parameters: { id: sessionId },
  required: ["id"],
  output: object({ id: TEXT, deleted: { type: "boolean" }, removed: arrayOf(TEXT) }, [
    "id",
    "deleted",
    "removed",
  ]),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async call(store, args) {
    const id = parseSessionId(args.text("id"));
    const removed: string[] = [];
    const deleted = await store.delete(id, { trash: true, onRemove: (one) => removed.push(one) });
    return { id, deleted, removed };
  },
};

/** The tools that change something. */
export function writingTools(system: boolean): readonly Tool[] {
  return [appendMessage(system), deleteSession];
}
