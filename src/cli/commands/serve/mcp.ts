import { Command } from "commander";
import { once } from "node:events";
import { withStore } from "../../context.ts";
import { EXIT } from "../../exit-code.ts";

interface McpOptions {
  readonly write?: boolean;
  readonly allowSystem?: boolean;
}

const NOTES = `
Speaks the Model Context Protocol on standard input and output; meant to be started by a client:
  { "mcpServers": { "sessions": { "command": "npx", "args":
    ["-y", "-p", "astrid-sessions", "-p", "@modelcontextprotocol/sdk", "astrid-sessions", "mcp"] } } }

Needs the package @modelcontextprotocol/sdk.`;

export function mcpCommand(): Command {
  return new Command("mcp")
    .description("serve the sessions to AI tools (Model Context Protocol, stdio)")
    .option("--write", "let them append messages, and move sessions to the trash")
    .option("--allow-system", "with --write: let them store system messages too")
    .addHelpText("after", NOTES)
    .action((options: McpOptions, command: Command) =>
      withStore(command, async ({ store }) => {
        const { mcpServer } = await import("../../../adapters/mcp/index.ts");
        const server = await mcpServer(store, {
          write: options.write,
          systemMessages: options.allowSystem,
        });
        const { StdioServerTransport } = await import("@modelcontextprotocol/sdk/server/stdio.js");
        const ended = new AbortController();
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
        process.stdin.once("close", () => ended.abort());
        await server.connect(new StdioServerTransport());
        if (!ended.signal.aborted) await once(ended.signal, "abort");
        await server.close();
        return EXIT.ok;
      }),
    );
}
