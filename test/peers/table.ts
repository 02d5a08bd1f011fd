import type { PeerName } from "../../src/adapters/peers.ts";

/** An adapter, and what its example needs beside this package. */
export interface AdapterWithPeers {
  /** The name of its subpath and of its example. */
  readonly adapter: string;
  /** The optional peers that it is for; package.json says from which version on. */
  readonly peers: readonly [PeerName, ...PeerName[]];
  /** What else the example imports, or the frameworks themselves need. */
  readonly besides?: readonly string[];
  /** The same beside the lowest version, where that needs others. */
  readonly besidesLowest?: readonly string[];
  /** Install without optional packages: here they are programs of 200 MB. */
  readonly omitOptional?: true;
  /** A version of the first peer that is older than those that work. */
  readonly tooOld?: string;
  /** An expression that begins to use the adapter, with `adapter`, its module, and a `store`. */
  readonly begins?: string;
}

/** One row per adapter. */
export const ADAPTERS: readonly AdapterWithPeers[] = [
  {
    adapter: "claude-agent-sdk",
    peers: ["@anthropic-ai/claude-agent-sdk"],
    besides: ["zod"],
    omitOptional: true,
    tooOld: "0.3.201",
    begins: "adapter.claudeSessionStore(store)",
  },
  {
    adapter: "openai-agents",
    peers: ["@openai/agents-core"],
    besides: ["zod"],
    tooOld: "0.16.1",
    begins: "adapter.openaiSession(store)",
  },
  {
    adapter: "ai-sdk",
    peers: ["ai"],
    besides: ["zod"],
    tooOld: "6.0.325",
    begins: "adapter.chatStore(store)",
  },
  {
    adapter: "acp",
    peers: ["@agentclientprotocol/sdk"],
    besides: ["zod"],
    tooOld: "1.9.0",
    begins: "adapter.acpSessions(store)",
  },
  {
    adapter: "langgraph",
    peers: ["@langchain/langgraph-checkpoint", "@langchain/core"],
    besides: ["@langchain/langgraph"],
    besidesLowest: ["@langchain/langgraph@1.0.0"],
    tooOld: "0.1.1",
    begins: "new adapter.AstridSaver(store)",
  },
  {
    adapter: "mcp",
    peers: ["@modelcontextprotocol/sdk"],
    besides: ["zod"],
    tooOld: "1.12.3",
    begins: "await adapter.mcpServer(store)",
  },
];
