/** An adapter, and what its example needs beside this package. */
export interface AdapterWithPeers {
  /** The name of its subpath and of its example. */
  readonly adapter: string;
  /** The optional peers that it is for; package.json says from which version on. */
  readonly peers: readonly string[];
  /** What else the example imports, or the frameworks themselves need. */
  readonly besides?: readonly string[];
  /** The same beside the lowest version, where that needs others. */
  readonly besidesLowest?: readonly string[];
  /** Install without optional packages: here they are programs of 200 MB. */
  readonly omitOptional?: true;
}

/** One row per adapter. */
export const ADAPTERS: readonly AdapterWithPeers[] = [
  {
    adapter: "claude-agent-sdk",
    peers: ["@anthropic-ai/claude-agent-sdk"],
    besides: ["zod"],
    omitOptional: true,
  },
  { adapter: "openai-agents", peers: ["@openai/agents-core"], besides: ["zod"] },
  { adapter: "ai-sdk", peers: ["ai"], besides: ["zod"] },
  { adapter: "acp", peers: ["@agentclientprotocol/sdk"], besides: ["zod"] },
  {
    adapter: "langgraph",
    peers: ["@langchain/langgraph-checkpoint", "@langchain/core"],
    besides: ["@langchain/langgraph"],
    besidesLowest: ["@langchain/langgraph@1.0.0"],
  },
  { adapter: "mcp", peers: ["@modelcontextprotocol/sdk"], besides: ["zod"] },
];
