import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { onTestFinished } from "vitest";
import { mcpServer, type McpServerOptions } from "../../../src/adapters/mcp/index.ts";
import type { SessionStore } from "../../../src/index.ts";
import { COMMAND } from "../../command.ts";

/** The SDK's client, connected to a server in this process. */
export async function connect(store: SessionStore, options: McpServerOptions = {}): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const server = await mcpServer(store, options);
  await server.connect(theirs);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(ours);
  onTestFinished(() => client.close());
  return client;
}

/** The SDK's client, connected to `astrid-sessions mcp` in a process of its own. */
export async function spawnServer(
  directory: string,
  ...args: readonly string[]
): Promise<{ client: Client; transport: StdioClientTransport }> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [COMMAND, "--store", directory, "mcp", ...args],
    stderr: "pipe",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, transport };
}

/** What a tool answered, parsed. */
export interface Answer {
  readonly isError: boolean;
  readonly value: {
    readonly sessions: readonly { readonly id: string; readonly title: string | null }[];
    readonly nextCursor?: string;
    readonly hits: readonly {
      readonly id: string;
      readonly position: number;
      readonly reference?: string;
    }[];
    readonly messages: readonly {
      readonly position: number;
      readonly role: string;
      readonly text: string;
      readonly charactersLeft?: number;
    }[];
    readonly next?: { readonly from: number; readonly offset?: number; readonly revision?: number };
    readonly error: { readonly code: string; readonly message: string };
    readonly [key: string]: unknown;
  };
}

export async function call(
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const result = await client.callTool({ name, arguments: { ...args } });
  const [first] = result.content as { type: string; text: string }[];
  return { isError: result.isError === true, value: JSON.parse(first?.text ?? "") as Answer["value"] };
}
