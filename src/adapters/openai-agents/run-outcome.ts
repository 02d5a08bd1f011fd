import type { AgentInputItem } from "@openai/agents-core";

/** All items of a run, its input first, of what has its state: an error, or the result of a streamed run. */
export function historyOf(source: unknown): readonly AgentInputItem[] {
  const { state } = (source ?? {}) as { readonly state?: { readonly history?: readonly AgentInputItem[] } };
  return state?.history ?? [];
}

/** Whether a guardrail refused the input. By its name, so that the framework need not be loaded to know. */
export function isRefusedInput(error: unknown): boolean {
  return error instanceof Error && error.name === "InputGuardrailTripwireTriggered";
}
