/** The versions of a framework that an adapter works with. */
export interface PeerRange {
  /** The lowest. */
  readonly from: string;
  /** The first that is not known to work, and what comes before its release. */
  readonly below: string;
}

/** The frameworks that adapters are for; package.json states the same ranges, and `npm run test:peers` both of their ends. */
export const PEERS = {
  ai: { from: "7.0.0", below: "8.0.0" },
  "@anthropic-ai/claude-agent-sdk": { from: "0.3.202", below: "0.4.0" },
  "@agentclientprotocol/sdk": { from: "2.0.0", below: "3.0.0" },
  "@modelcontextprotocol/sdk": { from: "1.13.0", below: "2.0.0" },
  "@langchain/langgraph-checkpoint": { from: "1.0.0", below: "2.0.0" },
  "@langchain/core": { from: "1.0.1", below: "2.0.0" },
  "@openai/agents-core": { from: "0.17.0", below: "0.21.0" },
} as const satisfies Record<string, PeerRange>;

export type PeerName = keyof typeof PEERS;

/** As npm has it: what comes before a release (`7.0.0-beta.1`) is lower than the release, and belongs to what it leads to. */
export function isInRange(version: string, { from, below }: PeerRange): boolean {
  const [, release = "", before] = /^(\d+\.\d+\.\d+)(-[^+]*)?/.exec(version) ?? [];
  const side = compared(release, from);
  return (side > 0 || (side === 0 && before === undefined)) && compared(release, below) < 0;
}

function compared(left: string, right: string): number {
  const numbers = right.split(".").map(Number);
  for (const [index, part] of left.split(".").map(Number).entries()) {
    const difference = part - (numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
