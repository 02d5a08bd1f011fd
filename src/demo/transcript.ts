import { claudeCode } from "../importers/claude-code/claude-code.ts";
import { linesOf } from "../importers/lines.ts";
import { isJsonObject, type Json, type JsonObject } from "../session/json.ts";
import { parsedMessage, type Message } from "../session/message.ts";

/**
 * The messages of a transcript, in order: Claude Code's as the importer makes them, any other JSON lines one message
 * per record. Reading a file again yields the same.
 */
export async function* messagesOf(path: string): AsyncGenerator<Message> {
  if (await claudeCode.recognises(path)) {
    for await (const item of claudeCode.read(path)) if (item.type === "message") yield item.message;
    return;
  }
  for await (const { bytes } of linesOf(path)) {
    const record = parsed(bytes?.toString("utf8") ?? "");
    if (record !== undefined) yield parsedMessage({ role: roleOf(record), content: record });
  }
}

function parsed(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function roleOf(record: JsonObject): string {
  const message = record["message"];
  const candidates = [isJsonObject(message) ? message["role"] : undefined, record["role"], record["type"]];
  return candidates.find((role) => typeof role === "string") ?? "record";
}
