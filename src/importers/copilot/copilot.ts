import { basename, dirname } from "node:path";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import {
  callBlock,
  objectIn,
  objectsIn,
  resultBlock,
  textBlock,
  textIn,
  thinkingBlock,
} from "../draft/blocks.ts";
import type { SessionDraft } from "../draft/draft.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber } from "../draft/usage.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer, RecordReader } from "../importer.ts";

/** Copilot CLI's events, in a folder of the session's or in a file by its name. */
export const copilot: Importer = {
  format: "copilot",
  version: 1,
  shape: "lines",
  recognises: ({ records }) =>
    records.some(({ type, data }) => type === "session.start" && isJsonObject(data) && "sessionId" in data),
  begin: (harvest) => new CopilotReader(harvest),
};

class CopilotReader implements RecordReader {
  readonly #harvest: Harvest;
  /** What the model thought, which comes in front of what it said. */
  #reasoning: string[] = [];

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    const start = harvest.beginning.records.find(({ type }) => type === "session.start");
    const named = textIn(objectIn(start?.["data"])["sessionId"]) ?? basename(dirname(harvest.beginning.path));
    harvest.main.id = sessionIdFor(named);
  }

  record(record: JsonObject): void {
    const data = objectIn(record["data"]);
    const type = textIn(record["type"]) ?? "";
    const draft = this.#draftFor(data);
    const { facts, conversation } = draft;
    const isSaid = type.startsWith("user.") || type.startsWith("assistant.") || type.startsWith("tool.");
    const at = facts.sawTime(record["timestamp"], isSaid);
    const id = textIn(record["id"]);
    switch (type) {
      case "session.start":
      case "session.resume": {
        const context = objectIn(data["context"]);
        facts.workspacePath ??= textIn(context["cwd"]) ?? null;
        facts.branch = textIn(context["branch"]) ?? facts.branch;
        facts.commit = textIn(context["headCommit"]) ?? facts.commit;
        facts.model = textIn(data["selectedModel"]) ?? facts.model;
        break;
      }
      case "session.model_change":
        facts.model = textIn(data["newModel"]) ?? facts.model;
        break;
      case "user.message": {
        const content = data["content"] ?? "";
        const kind = typeof content === "string" ? facts.sawPrompt(content) : undefined;
        const isPrompt = kind === "prompt" && draft === this.#harvest.main;
        conversation.push(draftMessage({ role: "user", content, id, at, meta: kind === undefined }), {
          prompt: isPrompt,
        });
        break;
      }
      case "assistant.reasoning":
        this.#reasoning.push(textIn(data["content"]) ?? "");
        break;
      case "assistant.message":
        this.#answer(draft, data, id, at);
        break;
      case "tool.execution_complete": {
        const { content, detailedContent } = objectIn(data["result"]);
        const output = content ?? detailedContent ?? objectIn(data["error"])["message"];
        const result = resultBlock(data["toolCallId"], output, data["success"] === false);
        conversation.push(draftMessage({ role: "tool", content: [result], id, at }), { answersCalls: true });
        break;
      }
      case "session.shutdown":
        this.#tokens(objectIn(data["modelMetrics"]), id, at);
    }
  }

  #answer(draft: SessionDraft, data: JsonObject, id: string | undefined, at: string | undefined): void {
    const model = textIn(data["model"]) ?? draft.facts.model ?? undefined;
    const thoughts = textIn(data["reasoningText"]);
    const reasoning = [...this.#reasoning, ...(thoughts === undefined ? [] : [thoughts])];
    this.#reasoning = [];
    const text = textIn(data["content"]);
    const calls = objectsIn(data["toolRequests"]);
    const content = [
      ...reasoning.map(thinkingBlock),
      ...(text === undefined ? [] : [textBlock(text)]),
      ...calls.map((call) => callBlock(call["toolCallId"], call["name"], call["arguments"])),
    ];
    draft.facts.model ??= model ?? null;
    draft.conversation.push(draftMessage({ role: "assistant", content, id, at, model }), {
      calls: calls.length,
    });
  }

  /** A sub-agent's events name the call that began it. */
  #draftFor(data: JsonObject): SessionDraft {
    const call = textIn(data["parentToolCallId"]) ?? textIn(data["parentAgentTaskId"]);
    const { main } = this.#harvest;
    if (call === undefined) return main;
    return this.#harvest.other(call, (draft) => {
      draft.id = derivedSessionId("copilot", "agent", main.id ?? "", call);
      draft.parentId = main.id ?? null;
      draft.facts.custom["parent_call"] = call;
    });
  }

  /** Tokens are told once, when a session is left; each time anew for what came since it was taken up. */
  #tokens(metrics: JsonObject, id: string | undefined, at: string | undefined): void {
    for (const [model, value] of Object.entries(metrics)) {
      const usage = objectIn(objectIn(value)["usage"]);
      const cached = tokenNumber(usage["cacheReadTokens"]);
      this.#harvest.main.facts.usage.add(`${id ?? ""} ${model}`, at, model, {
        input: Math.max(tokenNumber(usage["inputTokens"]) - cached, 0),
        output: tokenNumber(usage["outputTokens"]),
        cacheRead: cached,
        cacheWrite: tokenNumber(usage["cacheWriteTokens"]),
        reasoning: 0,
      });
    }
  }
}

function sessionIdFor(named: string): SessionId {
  const id = named.toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("copilot", "session", named);
}
