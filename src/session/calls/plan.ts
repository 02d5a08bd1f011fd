import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";

/** A step of a plan, in whatever words the agent has for it. */
export interface PlanStep {
  readonly text: string;
  readonly state: "done" | "now" | "open";
}

/** The steps of a plan that a call sets. */
export function planIn(input: Json): PlanStep[] {
  if (!isJsonObject(input)) return [];
  const list = [input["todos"], input["plan"], input["items"]].find((value) => Array.isArray(value));
  const steps = ((list ?? []) as readonly Json[]).filter((step) => isJsonObject(step));
  return steps.map(stepOf).filter(({ text }) => text !== "");
}

function stepOf(step: JsonObject): PlanStep {
  const text = [step["content"], step["step"], step["description"], step["text"], step["title"]];
  const { status } = step;
  const state =
    status === "completed" || status === "done" ? "done" : status === "in_progress" ? "now" : "open";
  return { text: text.find((value) => typeof value === "string") ?? "", state };
}

/** `2 of 5: what is done now`. */
export function planLine(steps: readonly JsonObject[]): string {
  const plan = steps.map(stepOf);
  const done = plan.filter(({ state }) => state === "done").length;
  const now = plan.find(({ state }) => state === "now") ?? plan.find(({ state }) => state === "open");
  return `${done} of ${plan.length} done${now === undefined ? "" : `: ${now.text}`}`;
}
