import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { InvalidArgumentError, SessionStoreError } from "../../session/errors/errors.ts";
import { wellFormed } from "../../session/json/outgoing-text.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { loadPeer } from "../load-peer.ts";
import { READING } from "./reading-tools.ts";
import { completions, idOf, listed, read, SCHEME, uriOf } from "./resources.ts";
import { Subscriptions } from "./subscriptions.ts";
import { checkedArguments, type Tool } from "./tool.ts";
import { writingTools } from "./writing-tools.ts";

export interface McpServerOptions {
  /** Offer the tools that change something: `append_message` and `delete_session`. Default: false. */
  readonly write?: boolean | undefined;
  /**
   * With `write`: let `append_message` store `system` messages too, which are instructions to whoever goes on with the
   * session. Default: false.
   */
  readonly systemMessages?: boolean | undefined;
}

const PACKAGE = "@modelcontextprotocol/sdk";

/**
 * A server of the Model Context Protocol for the sessions of a store, to be connected to a transport: each session a
 * resource that can be subscribed to, and tools to list, search and read. Answers are bounded, and say how to go on.
 * @throws {PeerMissingError} when `@modelcontextprotocol/sdk` is not installed.
 * @throws {PeerVersionError} when a version of it is installed that this does not work with.
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
    { capabilities: { tools: {}, resources: { subscribe: true } } },
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
  const orError = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // JSON-RPC has no text for a reader but this.
      throw new types.McpError(types.ErrorCode.InvalidParams, messageOf(error), { code: codeOf(error) });
    }
  };
  server.registerResource("session", sessions, metadata, (uri, { id }) =>
    orError(() => read(store, uri, String(id))),
  );
  const subscriptions = new Subscriptions(store, {
    updated: (id) => server.server.sendResourceUpdated({ uri: uriOf(id) }),
    failed: (error) => server.server.onerror?.(error),
  });
  server.server.onclose = () => {
    subscriptions.close();
  };
  server.server.setRequestHandler(types.SubscribeRequestSchema, ({ params }) =>
    orError(async () => {
      await subscriptions.add(idOf(params.uri));
      return {};
    }),
  );
  server.server.setRequestHandler(types.UnsubscribeRequestSchema, ({ params }) =>
    orError(async () => {
      subscriptions.remove(idOf(params.uri));
      return {};
    }),
  );
  // With schemas as they go over the wire; registerTool would take them in zod, which is the SDK's dependency, not ours.
  const tools =
    options.write === true ? [...READING, ...writingTools(options.systemMessages === true)] : READING;
  server.server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, parameters, required, output, annotations }) => ({
      ...{ name, title, description, annotations: { title, ...annotations } },
      inputSchema: {
        type: "object" as const,
        properties: { ...parameters },
        required: [...required],
        additionalProperties: false,
      },
      outputSchema: output,
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
    const answer = wellFormed(await tool.call(store, checkedArguments(tool, given)));
    return { content: [{ type: "text", text: JSON.stringify(answer) }], structuredContent: { ...answer } };
  } catch (error) {
    const described = { error: { code: codeOf(error), message: messageOf(error) } };
    return { isError: true, content: [{ type: "text", text: JSON.stringify(wellFormed(described)) }] };
  }
}

function unknownTool(name: string): string {
  if (writingTools(false).some((tool) => tool.name === name))
    return `${name} changes sessions, and this server only reads: start it with --write.`;
  return `There is no tool ${JSON.stringify(name)}.`;
}

function codeOf(error: unknown): string {
  return error instanceof SessionStoreError ? error.code : "UNEXPECTED";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
