import { basename } from "node:path";
import { jsonText, type JsonObject } from "../../session/json/json.ts";
import { objectIn, objectsIn, resultBlock, textIn, textOf } from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { NO_USAGE, tokenNumber } from "../draft/usage.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import type { Importer } from "../importer.ts";

/** SWE-agent's trajectories: one document with the history that the model was sent. */
export const sweAgent: Importer = {
  format: "swe-agent",
  version: 1,
  shape: "document",
  recognises: ({ text, name }) =>
    /^\s*\{/.test(text) && (/"trajectory"\s*:\s*\[/.test(text) || name.endsWith(".traj")),
  begin: (harvest) => ({ record: (record) => readTrajectory(harvest, record) }),
};

function readTrajectory({ main, beginning }: Harvest, record: JsonObject): void {
  const history = objectsIn(record["history"]);
  const said = history.length > 0 ? history : fromSteps(objectsIn(record["trajectory"]));
  // A run is written again after each step: what does not change is what it was asked, and its file's name.
  const asked = said.filter(({ role }) => role !== "assistant").slice(0, 3);
  main.id = derivedSessionId(
    "swe-agent",
    basename(beginning.path),
    ...asked.map((message) => contentHash(message)),
  );
  const model = textIn(objectIn(objectIn(objectIn(record["replay_config"])["agent"])["model"])["name"]);
  main.facts.model = model ?? null;
  main.facts.workspacePath = workspaceOf(objectsIn(record["trajectory"])[0]);
  const stats = objectIn(objectIn(record["info"])["model_stats"]);
  main.facts.usage.add(undefined, beginning.modified.toISOString(), model ?? null, {
    ...NO_USAGE,
    input: tokenNumber(stats["tokens_sent"]),
    output: tokenNumber(stats["tokens_received"]),
  });
  if (typeof stats["instance_cost"] === "number") main.facts.usage.cost = stats["instance_cost"];
  const status = textIn(objectIn(record["info"])["exit_status"]);
  if (status !== undefined) main.facts.custom["exit_status"] = status;
  let asksLeft = true;
  for (const message of said) {
    const isTask = asksLeft && message["role"] === "user" && message["is_demo"] !== true;
    addMessage(main, message, isTask);
    if (isTask) asksLeft = false;
  }
}

/** In this agent's history what a person asked comes first; every later message in a user's name is an observation. */
function addMessage({ conversation, facts }: Harvest["main"], message: JsonObject, isTask: boolean): void {
  const role = textIn(message["role"]) ?? "user";
  const content = message["content"] ?? "";
  if (role === "system" && facts.systemPrompt === "") facts.systemPrompt = textOf(content);
  if (role === "assistant") {
    const calls = objectsIn(message["tool_calls"]);
    const acts = calls.length > 0 ? calls.length : textIn(message["action"]) === undefined ? 0 : 1;
    const whole =
      calls.length === 0 ? content : [...(content === "" ? [] : [{ type: "text", text: content }]), ...calls];
    conversation.push(draftMessage({ role, content: whole }), { calls: acts });
    return;
  }
  const [call] = Array.isArray(message["tool_call_ids"])
    ? (message["tool_call_ids"] as readonly unknown[])
    : [];
  if (role === "tool" || typeof call === "string") {
    const result = resultBlock(typeof call === "string" ? call : "", content, false);
    conversation.push(draftMessage({ role: "tool", content: [result] }), { answersCalls: true });
    return;
  }
  if (isTask) facts.sawPrompt(textOf(content));
  const isMeta = role !== "user" || !isTask;
  conversation.push(draftMessage({ role, content, meta: isMeta }), { prompt: isTask, answersCalls: isMeta });
}

/** Without a history: what was done, and what came of it. */
function fromSteps(steps: readonly JsonObject[]): JsonObject[] {
  return steps.flatMap(({ response, thought, action, observation }) => [
    { role: "assistant", content: response ?? thought ?? "", action: action ?? "" },
    { role: "user", content: observation ?? "", is_demo: true },
  ]);
}

/** The state is an object, or one as text. */
function workspaceOf(step: JsonObject | undefined): string | null {
  const { state } = step ?? {};
  const text = typeof state === "string" ? state : jsonText(state ?? null);
  return /"working_dir"\s*:\s*"([^"\\]+)"/.exec(text)?.[1] ?? null;
}
