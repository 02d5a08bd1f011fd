import { withoutControlSequences } from "./control-sequences.ts";
import type { Message } from "../message.ts";
import { projectMessage } from "../projection/project-message.ts";

/** Where a session's own strings keep its automatic title. It counts until somebody sets one. */
export const AUTO_TITLE = "auto_title";

/** A person speaks within so many messages from the first, or the session has no automatic title. */
export const TITLED_BY = 100;

/**
 * The title that a session has by itself: how the first thing begins that a person said in it. What an editor or an
 * agent put into a person's name is none of that, and neither is a command to the program.
 */
export function autoTitleOf(messages: readonly Message[]): string | undefined {
  for (const message of messages.slice(0, TITLED_BY)) {
    if (message.role !== "user") continue;
    const { text, toolResults } = projectMessage(message);
    if (toolResults.length > 0) continue;
    const title = promptTitle(text);
    if (title !== undefined) return title;
  }
  return undefined;
}

/** What a text in a person's name gives for a title. */
export function promptTitle(text: string): string | undefined {
  const typed = typedIn(text);
  return typed?.kind === "prompt" && !SLASH_COMMAND.test(typed.text) ? asTitle(typed.text) : undefined;
}

/** A session's own strings, and the automatic title that is kept among them. */
export function splitAutoTitle(custom: Readonly<Record<string, string>>): {
  readonly custom: Readonly<Record<string, string>>;
  readonly autoTitle: string | null;
} {
  const { [AUTO_TITLE]: autoTitle, ...rest } = custom;
  return autoTitle === undefined ? { custom, autoTitle: null } : { custom: rest, autoTitle };
}

const LONGEST_TITLE = 100;
const LOOKED_AT = 2000;

/** One line, cut to a length that fits a list; `undefined` when nothing is left. */
export function asTitle(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const line = withoutControlSequences(value.slice(0, LOOKED_AT))
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  if (line === "") return undefined;
  const characters = Array.from(line);
  return characters.length <= LONGEST_TITLE
    ? line
    : `${characters
        .slice(0, LONGEST_TITLE - 1)
        .join("")
        .trimEnd()}…`;
}

/** Blocks that programs put before or around what a person typed. */
const WRAPPERS = [
  "ide_opened_file",
  "ide_selection",
  "ide_diagnostics",
  "system-reminder",
  "environment_context",
  "user_instructions",
  "INSTRUCTIONS",
  "local-command-caveat",
  "local-command-stdout",
  "local-command-stderr",
  "bash-stdout",
  "bash-stderr",
  "command-message",
  "command-contents",
  "user-prompt-submit-hook",
  "task-notification",
  "turn_aborted",
  "skill",
  "permissions instructions",
  "collaboration_mode",
  "session_context",
  "attached_files",
  "additional_data",
];
const WRAPPER = new RegExp(`<(${WRAPPERS.join("|")})(?:\\s[^<>]{0,500})?>[^]*?(?:</\\1>|$)`, "g");

/** What programs write in a person's name. */
const NOT_TYPED =
  /^(?:\[Request interrupted|Caveat: The messages below|# AGENTS\.md instructions for|This session is being continued from a previous conversation|API Error|<command-name>\/clear)/;

/** `/init`, `/review the parser`; a path has more than one slash. */
const SLASH_COMMAND = /^\/[a-z][\w:.-]*(?:\s|$)/i;

/** Codex's editors put the files that are open in front of a prompt. */
const IDE_REQUEST = "## My request for Codex:";

/** More than this is not looked through for blocks; a person's own words stand at an end of it. */
const LONGEST_WRAPPED = 1 << 20;

/** What a person typed. `command`: to the program, rather than to the model. */
export interface Typed {
  readonly kind: "prompt" | "command";
  readonly text: string;
}

/**
 * What a person typed of a prompt's text: without the blocks that an editor or the agent glued to it. A slash command is
 * given back as it was typed; HTML or any other tag stays. `undefined` when nobody typed anything.
 */
export function typedIn(text: string): Typed | undefined {
  if (NOT_TYPED.test(text.slice(0, 200).trimStart())) return undefined;
  const asked = text.lastIndexOf(IDE_REQUEST);
  if (asked >= 0 && text.startsWith("# Context from my IDE"))
    return typedIn(text.slice(asked + IDE_REQUEST.length));
  const rest = text.includes("<") ? text.slice(0, LONGEST_WRAPPED).replace(WRAPPER, "") : text;
  const command = rest.includes("<") ? commandIn(rest) : undefined;
  if (command !== undefined) return { kind: "command", text: command };
  const typed = rest.trim();
  if (typed === "" || NOT_TYPED.test(typed.slice(0, 200))) return undefined;
  return { kind: "prompt", text: typed };
}

function commandIn(text: string): string | undefined {
  const name = between(text, "command-name");
  if (name !== undefined) return `${name} ${between(text, "command-args") ?? ""}`.trim();
  const shell = between(text, "bash-input");
  return shell === undefined ? undefined : `! ${shell}`;
}

function between(text: string, tag: string): string | undefined {
  const start = text.indexOf(`<${tag}>`);
  if (start < 0) return undefined;
  const end = text.indexOf(`</${tag}>`, start);
  const inner = text.slice(start + tag.length + 2, end < 0 ? undefined : end).trim();
  return inner === "" ? undefined : inner;
}
