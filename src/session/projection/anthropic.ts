import type { PartReader, PartReaders } from "./collector.ts";

const toolUse: PartReader = (part, into) => {
  into.call(part["id"], part["name"], part["input"]);
  return true;
};

const toolResult: PartReader = (part, into) => {
  into.result(part["tool_use_id"] ?? part["toolUseId"], part["content"], part["is_error"] === true);
  return true;
};

/** Blocks of Anthropic's messages, and so of Claude Code's; MCP's sampling has the same names. */
export const ANTHROPIC: PartReaders = {
  redacted_thinking: () => true,
  tool_use: toolUse,
  server_tool_use: toolUse,
  mcp_tool_use: toolUse,
  tool_result: toolResult,
  search_result: (part, into, depth) => {
    into.text([part["title"], part["source"]].filter((text) => typeof text === "string").join(" "));
    into.add(part["content"], depth + 1);
    return true;
  },
  container_upload: (part, into) => {
    into.attachment("file", part);
    return true;
  },
  compaction: (part, into) => {
    // OpenAI's of the same name is encrypted: there is nothing to read.
    into.text(part["content"]);
    return true;
  },
};

/** Results of tools that Anthropic runs itself: `web_search_tool_result` and the like, also future ones. */
export const readAnthropicResult: PartReader = (part, into, depth) =>
  typeof part["type"] === "string" &&
  part["type"].endsWith("_tool_result") &&
  typeof part["tool_use_id"] === "string" &&
  toolResult(part, into, depth);
