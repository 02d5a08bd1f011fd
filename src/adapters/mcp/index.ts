export { mcpServer, type McpServerOptions } from "./mcp-server.ts";
