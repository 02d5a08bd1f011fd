import type { Json } from "../../../src/session/json/json.ts";
import { Message } from "../../../src/session/message.ts";
import { projectMessage } from "../../../src/session/projection/project-message.ts";

/** What a message of a framework's own type says, part by part, in short forms that can be compared. */
export function partsOf(message: { readonly role: string; readonly content: unknown }): unknown[] {
  const wire = JSON.parse(JSON.stringify(message)) as Json;
  return projectMessage(Message.from(wire)).parts.map((part) => {
    switch (part.type) {
      case "text":
        return part.text;
      case "reasoning":
        return { thinks: part.text };
      case "call": {
        const { id, name, arguments: input, awaitsApproval } = part.call;
        return { call: name, id, input, ...(awaitsApproval === true ? { awaitsApproval } : {}) };
      }
      case "result": {
        const { callId, text, isError, attachments } = part.result;
        const files = attachments?.map(({ mediaType, kind }) => mediaType ?? kind);
        return {
          ...{ [isError ? "error" : "result"]: text, of: callId },
          ...(files === undefined ? {} : { files }),
        };
      }
      case "attachment":
        return { file: part.attachment.mediaType ?? part.attachment.kind, size: part.attachment.size };
      case "other":
        return { other: part.value };
    }
  });
}
