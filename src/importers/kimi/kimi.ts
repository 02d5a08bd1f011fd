import { basename, dirname } from "node:path";
import type { Json, JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { holdsMedia, objectIn, objectsIn, resultBlock, textIn, textOf } from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer } from "../importer.ts";

/** Kimi CLI's `context.jsonl`: the messages that the model was sent, in OpenAI's form, one on each line. */
export const kimiCli: Importer = {
  format: "kimi-cli",
  version: 1,
  shape: "lines",
  recognises: ({ name, records }) =>
    name === "context.jsonl" &&
    records.some(({ role }) => role === "user" || role === "assistant" || role === "_checkpoint"),
  begin: (harvest) => {
    harvest.main.id = idOf(harvest);
    return { record: (record) => addMessage(harvest, record) };
  },
};

/** A session is a folder: `sessions/<hash of the workspace>/<id>/context.jsonl`. */
function idOf({ beginning }: Harvest): SessionId {
  const named = basename(dirname(beginning.path)).toLowerCase();
  return isSessionId(named) ? named : derivedSessionId("kimi-cli", "session", named);
}

function addMessage({ main }: Harvest, record: JsonObject): void {
  const { facts, conversation } = main;
  const role = textIn(record["role"]) ?? "";
  const content: Json = record["content"] ?? "";
  // Roles that begin so are marks of the program's own: checkpoints, counts of tokens.
  if (role === "" || role.startsWith("_")) return;
  if (role === "system") {
    facts.systemPrompt ||= textOf(content);
    return;
  }
  if (role === "tool") {
    const result = resultBlock(record["tool_call_id"], content, false);
    conversation.push(draftMessage({ role, content: [result] }), { answersCalls: true });
  } else if (role === "assistant") {
    const calls = objectsIn(record["tool_calls"]);
    const blocks =
      typeof content === "string"
        ? content === ""
          ? []
          : [{ type: "text", text: content }]
        : objectsIn(content).map(thought);
    conversation.push(draftMessage({ role, content: [...blocks, ...calls] }), { calls: calls.length });
  } else {
    const kind = facts.sawPrompt(textOf(content)) ?? (holdsMedia(content) ? "prompt" : undefined);
    conversation.push(draftMessage({ role, content, meta: kind === undefined }), {
      prompt: kind === "prompt",
    });
  }
}

function thought(part: JsonObject): JsonObject {
  const { type, think } = objectIn(part);
  return type === "think" && typeof think === "string" ? { type: "thinking", thinking: think } : part;
}
