import type { SessionSummary } from "../../session/summary/summary.ts";

/** How a conversation is shown. */
export interface ReadingOptions {
  /** Columns. Default: nothing is wrapped. */
  readonly width?: number | undefined;
  /** Calls of tools and their answers: none, a few lines of each, or all. Default: `short`. */
  readonly tools?: "off" | "short" | "full" | undefined;
  /** What the model thought, dimmed. Default: true. */
  readonly thinking?: boolean | undefined;
  /** Long texts are not folded. Default: false. */
  readonly whole?: boolean | undefined;
  /** Nothing but what a person typed. Default: false. */
  readonly promptsOnly?: boolean | undefined;
  /** Also what programs wrote in between: caveats, reminders, progress. Default: false. */
  readonly notes?: boolean | undefined;
  /** SGR sequences. Default: false. */
  readonly colour?: boolean | undefined;
  /** No line is wider than `width`, whatever must be broken for it. Default: code and long words are left to the terminal. */
  readonly fits?: boolean | undefined;
  /** Whose session it is: who speaks is named by it. */
  readonly session?: Pick<SessionSummary, "source" | "parentId" | "workspacePath"> | undefined;
}

/** What a line begins: a person's prompt, an answer, a call, what a tool answered, or a mark between them. */
export type Beginning = "prompt" | "answer" | "call" | "result" | "mark";

/** A line as it is printed, safe for a terminal. */
export interface ReadingLine {
  /** Of the message that it shows. */
  readonly position: number;
  readonly text: string;
  readonly begins?: Beginning;
}
