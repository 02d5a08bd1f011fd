import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult, ReadResourceResult } from "@modelcontextprotocol/sdk/types.js";
import { InvalidArgumentError, SessionStoreError } from "../../session/errors.ts";
import { displayTitle } from "../../session/summary.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { loadPeer } from "../load-peer.ts";
import { readPage } from "./read-page.ts";
import { checkedArguments, type Tool } from "./tool.ts";
import { READING, snapshotOf, WRITING } from "./tools.ts";

export interface McpServerOptions {
  /** Offer the tools that change something: `append_message` and `delete_session`. Default: false. */
  readonly write?: boolean | undefined;
}

const PACKAGE = "@modelcontextprotocol/sdk";
const SCHEME = "astrid-session://";
/** How many sessions are listed as resources, and how many are offered to complete an id. */
const LISTED = 100;

/**
 * A server of the Model Context Protocol for the sessions of a store, to be connected to a transport: each session a
 * resource, and tools to list, search and read. Answers are bounded, and say how to go on.
 * @throws {PeerMissingError} when `@modelcontextprotocol/sdk` is not installed.
 */
export async function mcpServer(store: SessionStore, options: McpServerOptions = {}): Promise<McpServer> {
  const [{ McpServer, ResourceTemplate }, types] = await loadPeer(
    PACKAGE,
    async () =>
      await Promise.all([
        import("@modelcontextprotocol/sdk/server/mcp.js"),
        import("@modelcontextprotocol/sdk/types.js"),
      ]),
  );
  const server = new McpServer(
    { name: "astrid-sessions", version: "1" },
    { capabilities: { tools: {}, resources: {} } },
  );
  const sessions = new ResourceTemplate(`${SCHEME}{id}`, {
    list: async () => ({ resources: await listed(store) }),
    complete: { id: async (beginning) => await completions(store, beginning) },
  });
  const metadata = {
    title: "Session",
    description: "The end of a stored conversation; the tool read_session reads all of it.",
    mimeType: "application/json",
  };
  server.registerResource("session", sessions, metadata, async (uri, { id }) => {
    try {
      return await read(store, uri, String(id));
    } catch (error) {
      // JSON-RPC has no text for a reader but this.
      throw new types.McpError(types.ErrorCode.InvalidParams, messageOf(error), { code: codeOf(error) });
    }
  });
  // With schemas as they go over the wire; registerTool would take them in zod, which is the SDK's dependency, not ours.
  const tools = options.write === true ? [...READING, ...WRITING] : READING;
  server.server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, parameters, required, annotations }) => ({
      ...{ name, title, description, annotations: { title, ...annotations } },
      inputSchema: {
        type: "object" as const,
        properties: { ...parameters },
        required: [...required],
        additionalProperties: false,
      },
    })),
  }));
  server.server.setRequestHandler(types.CallToolRequestSchema, async ({ params }) =>
    called(store, tools, params.name, params.arguments),
  );
  return server;
}

/** The tool's answer; an error is an answer too, with its code, so that the model can read it. */
async function called(
  store: SessionStore,
  tools: readonly Tool[],
  name: string,
  given: unknown,
): Promise<CallToolResult> {
  try {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) throw new InvalidArgumentError(unknownTool(name));
    const answer = await tool.call(store, checkedArguments(tool, given));
    return { content: [{ type: "text", text: JSON.stringify(answer) }] };
  } catch (error) {
    const described = { error: { code: codeOf(error), message: messageOf(error) } };
    return { isError: true, content: [{ type: "text", text: JSON.stringify(described) }] };
  }
}

function unknownTool(name: string): string {
  if (WRITING.some((tool) => tool.name === name))
    return `${name} changes sessions, and this server only reads: start it with --write.`;
  return `There is no tool ${JSON.stringify(name)}.`;
}

async function listed(store: SessionStore): Promise<{ uri: string; name: string; mimeType: string }[]> {
  const { sessions } = await store.listPage({ limit: LISTED });
  return sessions.map((summary) => ({
    uri: `${SCHEME}${summary.id}`,
    name: displayTitle(summary).slice(0, 200),
    description: `${summary.messageCount} messages, last changed ${summary.updatedAt}`,
    mimeType: "application/json",
  }));
}

async function completions(store: SessionStore, beginning: string): Promise<string[]> {
  const ids = await store.list();
  return ids.filter((id) => id.startsWith(beginning.toLowerCase())).slice(0, LISTED);
}

async function read(store: SessionStore, uri: URL, id: string): Promise<ReadResourceResult> {
  using snapshot = await snapshotOf(store, id);
  const { messageCount, head } = snapshot;
  const page = await readPage(snapshot, { from: Math.max(messageCount - 20, 0) }, 20);
  const title = displayTitle({ id: snapshot.id, title: head.title });
  const text = JSON.stringify({ title, messageCount, ...page });
  return { contents: [{ uri: uri.href, mimeType: "application/json", text }] };
}

function codeOf(error: unknown): string {
  return error instanceof SessionStoreError ? error.code : "UNEXPECTED";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
