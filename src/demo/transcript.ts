import { isClaudeRecord, messageFromRecord } from "../importers/claude-code/record.ts";
import { linesOf } from "../importers/read/lines.ts";
import { isJsonObject, parseJson, type JsonObject } from "../session/json/json.ts";
import { parsedMessage, type Message } from "../session/message.ts";

/** A transcript as messages, in order: one for each line that is a JSON record. Reading a file again yields the same. */
export async function* messagesOf(path: string): AsyncGenerator<Message> {
  for await (const { bytes } of linesOf(path)) {
    const record = parsed(bytes?.toString("utf8") ?? "");
    if (record === undefined) continue;
    yield isClaudeRecord(record)
      ? messageFromRecord(record)
      : parsedMessage({ role: roleOf(record), content: record });
  }
}

function parsed(line: string): JsonObject | undefined {
  try {
    const value = parseJson(line);
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
