/** What a person calls the agents, by a session's source. */
const AGENTS: Readonly<Record<string, string>> = {
  astrid: "Astrid",
  "claude-code": "Claude",
  "claude-agent-sdk": "Claude",
  codex: "Codex",
  gemini: "Gemini",
  pi: "pi",
  openclaw: "OpenClaw",
  copilot: "Copilot",
  qwen: "Qwen",
  "kimi-cli": "Kimi",
  cline: "Cline",
  "swe-agent": "SWE-agent",
};

/** What the agent is called that answers in a session of this source. */
export function agentName(source: string): string {
  return Object.hasOwn(AGENTS, source) ? (AGENTS[source] ?? source) : "Assistant";
}
