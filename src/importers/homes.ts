import { readdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { userHome, type Environment } from "../home/astrid-home.ts";
import { claudeRetention } from "./claude-code/retention.ts";
import { clineTaskFolders } from "./cline/folders.ts";
import { objectsIn } from "./draft/blocks.ts";
import { geminiRetention } from "./gemini/retention.ts";
import { settingsIn } from "./read/settings.ts";

/** What an agent does with old sessions by itself. */
export interface Retention {
  /** It deletes a session so many days after its file was changed last; `undefined`: it does not. */
  readonly days: number | undefined;
  /** Where that is said: a file of settings, or `default`. */
  readonly said: string;
}

/** Where an agent keeps its sessions. */
export interface AgentHome {
  /** As `ImportResult.format` and `custom.source` have it. */
  readonly agent: string;
  readonly name: string;
  /** Folders that may hold sessions, by the environment; whether they are there is for the caller to see. */
  readonly folders: (env: Environment) => readonly string[];
  /** Whether a file is a session's, by its path in the folder, with `/` between its parts. */
  readonly files: RegExp;
  /** Folders that need not be gone into, by their path in the folder. */
  readonly skips?: RegExp;
  /** The file beside which this one is a copy, when that one is there too; itself for any other. */
  readonly copyOf?: (path: string) => string;
  /** What the agent deletes by itself, for a folder of its own. Default: nothing is known of that. */
  readonly retention?: (folder: string) => Retention;
}

/**
 * The agents whose folders `sync` knows: the one place to add one. What moves a folder is the agent's own variable; the
 * default folder counts beside it, since what was recorded there before is there still.
 */
export const AGENT_HOMES: readonly AgentHome[] = [
  {
    agent: "claude-code",
    name: "Claude Code",
    folders: (env) =>
      [...given(env["CLAUDE_CONFIG_DIR"]), ...atHome(env, ".claude"), ...atHome(env, ".config/claude")].map(
        (home) => join(home, "projects"),
      ),
    files: /^[^/]+\/(?:[^/]+\.jsonl|[^/]+\/subagents\/(?:.*\/)?agent-[^/]+\.jsonl)$/,
    retention: claudeRetention,
  },
  {
    agent: "codex",
    name: "Codex",
    folders: (env) =>
      [...given(env["CODEX_HOME"]), ...atHome(env, ".codex")].flatMap((home) => [
        join(home, "sessions"),
        join(home, "archived_sessions"),
      ]),
    files: /(?:^|\/)rollout-[^/]+\.jsonl(?:\.zst)?$/,
    copyOf: (path) => path.replace(/\.zst$/, ""),
  },
  {
    agent: "gemini",
    name: "Gemini CLI",
    folders: (env) =>
      [...given(env["GEMINI_CLI_HOME"]), ...atHome(env, "")].map((home) => join(home, ".gemini", "tmp")),
    files: /^[^/]+\/chats\/(?:.*\/)?[^/]+\.jsonl?$/,
    retention: geminiRetention,
  },
  {
    agent: "pi",
    name: "pi",
    folders: (env) => [
      ...given(env["PI_CODING_AGENT_SESSION_DIR"]),
      ...[
        ...given(env["PI_CODING_AGENT_DIR"]),
        ...atHome(env, ".pi/agent"),
        ...atHome(env, ".omp/agent"),
      ].map((home) => join(home, "sessions")),
    ],
    files: /\.jsonl$/,
  },
  {
    agent: "openclaw",
    name: "OpenClaw",
    folders: (env) =>
      [...given(env["OPENCLAW_STATE_DIR"]), ...atHome(env, ".openclaw"), ...openclawProfiles(env)].map(
        (home) => join(home, "agents"),
      ),
    files: /^[^/]+\/sessions\/(?!.*\.checkpoint\.)[^/]+\.jsonl$/,
  },
  {
    agent: "copilot",
    name: "Copilot CLI",
    folders: (env) =>
      [...given(env["COPILOT_HOME"]), ...atHome(env, ".copilot")].map((home) => join(home, "session-state")),
    files: /^(?:[^/]+\.jsonl|[^/]+\/events\.jsonl)$/,
  },
  {
    agent: "qwen",
    name: "Qwen Code",
    folders: (env) =>
      [...given(env["QWEN_RUNTIME_DIR"]), ...atHome(env, ".qwen")].flatMap((home) => [
        join(home, "projects"),
        // Where it kept them before; logs and checkpoints of tools lie there still.
        join(home, "tmp"),
      ]),
    files: /^[^/]+\/chats\/(?:[^/]+\.jsonl|session-[^/]+\.json)$/,
  },
  {
    agent: "kimi-cli",
    name: "Kimi CLI",
    folders: (env) =>
      [...given(env["KIMI_SHARE_DIR"]), ...atHome(env, ".kimi")].map((home) => join(home, "sessions")),
    files: /(?:^|\/)context\.jsonl$/,
  },
  {
    agent: "kimi-code",
    name: "Kimi Code",
    folders: (env) =>
      [...given(env["KIMI_CODE_HOME"]), ...atHome(env, ".kimi-code")].map((home) => join(home, "sessions")),
    files: /(?:^|\/)agents\/[^/]+\/wire\.jsonl$/,
  },
  {
    agent: "cline",
    name: "Cline",
    folders: (env) => [
      ...given(env["CLINE_SESSION_DATA_DIR"]),
      ...given(env["CLINE_DATA_DIR"]).map((home) => join(home, "sessions")),
      ...[...given(env["CLINE_DIR"]), ...atHome(env, ".cline")].flatMap((home) => [
        join(home, "data", "sessions"),
        // Of the command line and of JetBrains, before they had sessions.
        join(home, "data", "tasks"),
      ]),
      ...clineTaskFolders(env, atHome(env, "")),
    ],
    files: /\.messages\.json$|^[^/]+\/api_conversation_history\.json$/,
  },
  {
    agent: "opencode",
    name: "opencode",
    folders: (env) => [
      ...given(env["OPENCODE_DB"]).filter(isAbsolute).map(dirname),
      ...dataHomes(env).map((home) => join(home, "opencode")),
    ],
    files: /^[^/]+\.db$/,
    // Snapshots of projects, logs, and the many small files of before there was a database.
    skips: /./,
  },
  {
    agent: "goose",
    name: "goose",
    folders: (env) => [
      ...given(env["GOOSE_PATH_ROOT"]).map((root) => join(root, "data", "sessions")),
      ...dataHomes(env).map((home) => join(home, "goose", "sessions")),
      ...given(env["APPDATA"]).map((home) => join(home, "Block", "goose", "data", "sessions")),
      ...atHome(env, ".goose/sessions"),
    ],
    files: /^(?:sessions\.db|[^/]+\.jsonl)$/,
  },
  {
    agent: "crush",
    name: "Crush",
    folders: crushFolders,
    files: /^crush\.db$/,
    skips: /./,
  },
  // It has no folder of its own: only those that are named.
  { agent: "swe-agent", name: "SWE-agent", folders: () => [], files: /\.traj$/ },
];

/** Agents whose folders are known, and that nothing here reads: they are named when they are there. */
export const UNREAD_HOMES: readonly { readonly name: string; readonly folder: string }[] = [
  { name: "Cursor CLI", folder: ".cursor/chats" },
  { name: "Cursor CLI", folder: ".cursor/projects" },
  { name: "Amp", folder: ".local/share/amp/threads" },
  { name: "Grok Build", folder: ".grok/sessions" },
  { name: "Antigravity CLI", folder: ".gemini/antigravity-cli/conversations" },
];

export function homeOf(agent: string): AgentHome | undefined {
  return AGENT_HOMES.find((home) => home.agent === agent);
}

/** Where programs keep their data, by the convention of Linux. */
function dataHomes(env: Environment): string[] {
  return [...given(env["XDG_DATA_HOME"]), ...atHome(env, ".local/share")];
}

/** Crush keeps a database in each project, and a list of the projects. */
function crushFolders(env: Environment): string[] {
  const homes = [
    ...given(env["CRUSH_GLOBAL_DATA"]),
    ...[...dataHomes(env), ...given(env["LOCALAPPDATA"])].map((home) => join(home, "crush")),
  ];
  return homes.flatMap((home) => {
    const projects = settingsIn(join(home, "projects.json"))?.["projects"];
    return objectsIn(projects).flatMap(({ data_dir: folder, path }) =>
      typeof folder === "string" ? [typeof path === "string" ? resolve(path, folder) : folder] : [],
    );
  });
}

/** `openclaw --profile work` keeps everything in a folder beside the usual one. */
function openclawProfiles(env: Environment): string[] {
  return atHome(env, "").flatMap((home) => {
    try {
      const names = readdirSync(home).filter((name) => name.startsWith(".openclaw-"));
      return names.sort().map((name) => join(home, name));
    } catch {
      return [];
    }
  });
}

function given(value: string | undefined): string[] {
  return value === undefined || value === "" ? [] : [value];
}

/** A place in the user's own directory. */
export function atHome(env: Environment, place: string): string[] {
  const [, home] = userHome(env);
  return home === undefined || home === "" ? [] : [join(home, place)];
}
