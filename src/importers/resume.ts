import { basename } from "node:path";
import type { SessionHead } from "../session/head.ts";
import type { SessionId } from "../session/session-id.ts";
import { AGENT_SESSION } from "./draft/facts.ts";
import { importStateOf, type ImportState } from "./store/import-state.ts";

/** How a session is gone on with in the agent that it came from. */
export interface Resumption {
  readonly agent: string;
  /** A program and its arguments; no shell reads them. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Where it is to run; `null` when the session does not say. */
  readonly directory: string | null;
  /** The agent finds the session in its own directory only. */
  readonly needsDirectory: boolean;
  /** The file that the agent reads it from. */
  readonly file: string;
  /** The session was changed here since it was brought in; the agent does not know of that. */
  readonly isBehind: boolean;
}

/** Why a session cannot be gone on with in its agent, and what can be done instead: a sentence or two. */
export interface NotResumable {
  readonly why: string;
}

interface Agent {
  readonly name: string;
  readonly command: (id: string, file: string) => readonly [program: string, ...args: string[]];
  readonly needsDirectory: boolean;
}

/** By an importer's format; the agents' own documentation and sources, looked at in 2026. */
const AGENTS: Readonly<Record<string, Agent>> = {
  "claude-code": agent("Claude Code", (id) => ["claude", "--resume", id], true),
  codex: agent("Codex", (id) => ["codex", "resume", id], false),
  gemini: agent("Gemini CLI", (id) => ["gemini", "--resume", id], true),
  // A path is taken as well as an id, and is never ambiguous.
  pi: agent("pi", (_id, file) => ["pi", "--session", file], true),
  copilot: agent("Copilot CLI", (id) => ["copilot", `--resume=${id}`], false),
  qwen: agent("Qwen Code", (id) => ["qwen", "--resume", id], true),
  "kimi-cli": agent("Kimi CLI", (id) => ["kimi", "--session", id], false),
  "kimi-code": agent("Kimi Code", (id) => ["kimi", "--session", id], false),
  cline: agent("Cline", (id) => ["cline", "--id", id], false),
  opencode: agent("opencode", (id) => ["opencode", "--session", id], true),
  goose: agent("goose", (id) => ["goose", "session", "--resume", "--session-id", id], false),
  crush: agent("Crush", (id) => ["crush", "--session", id], true),
};

/** Files that their agent wrote once and does not go on with. */
const LEFT_BEHIND: readonly { readonly format: string; readonly file: RegExp; readonly why: string }[] = [
  {
    format: "qwen",
    file: /\.json$/,
    why: "Qwen Code goes on with sessions that it recorded as lines (.jsonl) only; it no longer reads the documents (.json) of its first versions.",
  },
  {
    format: "cline",
    file: /(?:^|[\\/])api_conversation_history\.json$/,
    why: "It is a task of Cline's editor extension, which opens tasks from its own history only; no command does.",
  },
];

const CANNOT: Readonly<Record<string, string>> = {
  openclaw: "OpenClaw opens a session by a key of its own, which the session's file does not tell.",
  "swe-agent": "SWE-agent does not go on with a trajectory.",
  "openai-chat": "A file of messages belongs to no agent.",
};

function agent(name: string, command: Agent["command"], needsDirectory: boolean): Agent {
  return { name, command, needsDirectory };
}

/** What an agent may have called a session: nothing that its command line could take for something else. */
const PLAIN_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/;

/**
 * How the session is gone on with in the agent that it was brought in from. Nothing is looked up: whether the directory
 * and the file are there is for the caller to see.
 */
export function resumptionOf(id: SessionId, head: SessionHead, revision: number): Resumption | NotResumable {
  if (head.parentId !== null)
    return { why: `It is a sub-agent's. Its agent goes on with the session ${head.parentId} that began it.` };
  const state = importStateOf(head);
  if (state === undefined)
    return {
      why: "It was not brought in from an agent; the program that made it can load it from the store.",
    };
  const left = LEFT_BEHIND.find(({ format, file }) => format === state.format && file.test(state.file));
  if (left !== undefined) return { why: left.why };
  const found = AGENTS[state.format];
  if (found === undefined)
    return { why: CANNOT[state.format] ?? `It is not known how ${state.format} goes on with a session.` };
  const own = head.custom["diverged_from"] === undefined ? agentsId(id, head, state) : undefined;
  if (own === undefined || !PLAIN_ID.test(own))
    return {
      why: `${found.name} has no session of this id: what it has of the conversation went another way.`,
    };
  return {
    agent: found.name,
    command: found.command(own, state.file),
    directory: head.workspacePath,
    needsDirectory: found.needsDirectory,
    file: state.file,
    isBehind: revision > state.revision,
  };
}

/** The id that the agent gave the session; ours is the same where that is a UUID. */
function agentsId(id: SessionId, { custom }: SessionHead, { format, file }: ImportState): string | undefined {
  if (custom[AGENT_SESSION] !== undefined) return custom[AGENT_SESSION];
  if (format === "cline") return basename(file).replace(/\.messages\.json$/, "");
  // Of version 8 are those that importers derive from a name (`derivedSessionId`).
  return format === "pi" || id[14] !== "8" ? id : undefined;
}

/** The line for a POSIX shell that does it. */
export function resumeLine({ command, directory }: Pick<Resumption, "command" | "directory">): string {
  const line = command.map(quoted).join(" ");
  return directory === null ? line : `cd ${quoted(directory)} && ${line}`;
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
