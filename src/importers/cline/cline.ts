import { basename } from "node:path";
import type { Json, JsonObject } from "../../session/json/json.ts";
import { isSessionId } from "../../session/session-id.ts";
import { holdsMedia, objectsIn, textIn, textOf } from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { timeOf } from "../draft/facts.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer } from "../importer.ts";

/** Cline's command line: `<id>.messages.json`, one document with the messages that the model was sent. */
export const cline: Importer = {
  format: "cline",
  version: 1,
  shape: "document",
  recognises: ({ name, text }) => name.endsWith(".messages.json") && /"messages"\s*:\s*\[/.test(text),
  begin: (harvest) => ({ record: (record) => readSession(harvest, record) }),
};

function readSession({ main, beginning }: Harvest, record: JsonObject): void {
  const named = textIn(record["sessionId"]) ?? basename(beginning.path, ".messages.json");
  const id = named.toLowerCase();
  main.id = isSessionId(id) ? id : derivedSessionId("cline", "session", named);
  const { facts, conversation } = main;
  facts.systemPrompt = textIn(record["systemPrompt"]) ?? "";
  facts.workspacePath = textIn(record["cwd"]) ?? null;
  for (const message of objectsIn(record["messages"])) {
    const role = textIn(message["role"]) ?? "user";
    const content = message["content"] ?? "";
    const at = facts.sawTime(timeOf(message["ts"] ?? message["timestamp"]), true);
    if (role === "assistant") {
      const calls = objectsIn(content).filter(({ type }) => type === "tool_use").length;
      conversation.push(draftMessage({ role, content, at }), { calls });
    } else if (isResults(content))
      conversation.push(draftMessage({ role, content, at }), { answersCalls: true });
    else {
      const kind = facts.sawPrompt(taskIn(textOf(content))) ?? (holdsMedia(content) ? "prompt" : undefined);
      conversation.push(draftMessage({ role, content, at, meta: kind === undefined }), {
        prompt: kind === "prompt",
      });
    }
  }
}

/** What a person asked stands in a tag, beside what the editor adds. */
function taskIn(text: string): string {
  return /<(task|feedback|user_message)>([^]*?)<\/\1>/.exec(text)?.[2] ?? text;
}

function isResults(content: Json): boolean {
  const parts = objectsIn(content);
  return parts.length > 0 && parts.every(({ type }) => type === "tool_result");
}
