import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../home/astrid-home.ts";
import { atHome } from "../homes.ts";
import { movedText, type Move } from "./path-text.ts";

/** A file of an agent's that names the path: a list of projects, settings, a command of an MCP server. */
export interface KeyFile {
  readonly agent: string;
  readonly path: string;
  /** How often it names the path. */
  readonly count: number;
}

/** What stands in an agent's home, by the variable that moves it and where it is by default. */
const AT_HOMES: readonly (readonly [
  agent: string,
  moved: string | undefined,
  home: string,
  names: string,
])[] = [
  ["claude-code", undefined, "", ".claude.json"],
  ["claude-code", "CLAUDE_CONFIG_DIR", ".claude", ".claude.json settings.json settings.local.json"],
  ["codex", "CODEX_HOME", ".codex", "config.toml"],
  ["gemini", undefined, ".gemini", "projects.json settings.json trustedFolders.json"],
  ["qwen", "QWEN_RUNTIME_DIR", ".qwen", "settings.json trustedFolders.json"],
  ["kimi-cli", "KIMI_SHARE_DIR", ".kimi", "kimi.json config.toml mcp.json"],
  ["pi", "PI_CODING_AGENT_DIR", ".pi/agent", "settings.json"],
  ["copilot", "COPILOT_HOME", ".copilot", "config.json mcp-config.json"],
  ["crush", "CRUSH_GLOBAL_DATA", ".local/share/crush", "projects.json crush.json"],
];

/** What agents keep in the project itself. */
const IN_PROJECT: readonly (readonly [agent: string, name: string])[] = [
  ["claude-code", ".mcp.json"],
  ["claude-code", ".claude/settings.json"],
  ["claude-code", ".claude/settings.local.json"],
  ["gemini", ".gemini/settings.json"],
  ["codex", ".codex/config.toml"],
  ["qwen", ".qwen/settings.json"],
];

/** The files that name the path. */
export function keyFiles(env: Environment, move: Move): KeyFile[] {
  const places = AT_HOMES.flatMap(([agent, moved, home, names]) => {
    const given = moved === undefined ? undefined : env[moved];
    const homes = [...(given === undefined || given === "" ? [] : [given]), ...atHome(env, home)];
    return homes.flatMap((folder) => names.split(" ").map((name) => [agent, join(folder, name)] as const));
  });
  places.push(...IN_PROJECT.map(([agent, name]) => [agent, join(move.to, name)] as const));
  const found = new Map<string, KeyFile>();
  for (const [agent, path] of places) {
    const real = realFile(path);
    const count = real === undefined ? 0 : movedText(textOf(real) ?? "", move).count;
    // A link's file is what is written.
    if (real !== undefined && count > 0 && !found.has(real)) found.set(real, { agent, path: real, count });
  }
  return [...found.values()];
}

/** A file's text, where it is text. */
export function textOf(path: string): string | undefined {
  const bytes = readFileSync(path);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function realFile(path: string): string | undefined {
  try {
    const real = realpathSync.native(path);
    return statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}
