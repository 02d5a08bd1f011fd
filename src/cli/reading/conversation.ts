import { isJsonObject, jsonText } from "../../session/json/json.ts";
import { isBeside, type Message } from "../../session/message.ts";
import {
  projectMessage,
  type ProjectedMessage,
  type ProjectedPart,
  type ProjectedToolCall,
} from "../../session/projection/project-message.ts";
import { cutText } from "../../session/json/outgoing-text.ts";
import { oneLine } from "../output/text-width.ts";
import { counted, grouped } from "../output/units.ts";
import { localTime } from "./local-time.ts";
import { markdownLines, plainLines } from "./markdown/markdown-lines.ts";
import { attachmentLine, callLines, callTitle, resultLines, thinkingLines, type PartLook } from "./parts.ts";
import { paint, span, styled, type Span, type Style } from "./spans.ts";
import { typedText } from "../../session/projection/prompts.ts";
import { agentName } from "./speaker.ts";
import { folded, withoutReminders } from "./folding.ts";
import type { Beginning, ReadingLine, ReadingOptions } from "./reading.ts";
import { broken, cut, wrapped } from "./wrap.ts";

const MOST_LINES = 200;
const MOST_PROMPT_LINES = 60;
const MOST_SUMMARY_LINES = 4;
const MOST_OTHER = 400;

/**
 * The messages as lines: who spoke by name, Markdown rendered, calls as one line, edits as diffs, answers of tools
 * folded. Pure; its time is linear in the messages' size, whatever they hold.
 */
export function readingLines(
  messages: Iterable<{ readonly position: number; readonly message: Message }>,
  options: ReadingOptions,
): ReadingLine[] {
  const reading = new Reading(options);
  const lines: ReadingLine[] = [];
  for (const { position, message } of messages)
    for (const line of reading.of(position, message)) lines.push(line);
  return [...lines, ...reading.end()];
}

/** The same, message by message, for conversations that are not held. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #look: PartLook;
  readonly #agent: string;
  readonly #person: string;
  /** Calls that were not answered yet. */
  readonly #calls = new Map<string, ProjectedToolCall>();
  #lastCall: string | undefined;
  #speaker = "";
  #model: string | undefined;
  #day = "";
  #last: Beginning | undefined;
  /** Notes that were left out. */
  #notes = 0;
  #position = 0;
  #lines: ReadingLine[] = [];

  constructor(options: ReadingOptions) {
    const { width, whole = false, tools, session } = options;
    this.#options = options;
    const room = width === undefined ? undefined : Math.max(width - 2, 16);
    this.#look = {
      width: room,
      whole: whole || tools === "full",
      workspacePath: session?.workspacePath ?? null,
    };
    this.#agent = agentName(session?.source ?? "");
    // What a sub-agent is asked comes from an agent.
    this.#person = session?.parentId === null || session?.parentId === undefined ? "You" : "Caller";
  }

  /** The lines of the next message. */
  of(position: number, message: Message): ReadingLine[] {
    this.#lines = [];
    this.#position = position;
    this.#take(message);
    return this.#lines;
  }

  /** What remains to be said behind the last message. */
  end(): ReadingLine[] {
    this.#lines = [];
    if (this.#notes > 0 && this.#options.promptsOnly !== true) {
      this.#blank();
      this.#mark(`· ${counted(this.#notes, "note")} of programs left out (--notes shows them)`, "dim");
    }
    this.#notes = 0;
    return this.#lines;
  }

  #take(message: Message): void {
    const said = projectMessage(message);
    if (isBeside(message)) this.#note(said, message.role.replace(/^.*:/, ""));
    else if (isJsonObject(message["compaction"])) this.#compaction(message, said);
    else if (message["meta"] === true && said.toolResults.length === 0) this.#note(said, "note");
    else if (message.role === "user") this.#user(message, said);
    else if (this.#options.promptsOnly === true) return;
    else if (message.role === "system" || message.role === "developer") this.#system(message, said);
    else this.#parts(message, said.parts);
  }

  #user(message: Message, { parts }: ProjectedMessage): void {
    const results = parts.filter(({ type }) => type === "result");
    if (results.length > 0 && this.#options.promptsOnly !== true) this.#parts(message, results);
    const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
    const text = texts.join("\n");
    const rest = parts.filter(({ type }) => type !== "text" && type !== "result");
    const typed = this.#options.notes === true ? text : typedText(text);
    if (typed === undefined && rest.length === 0) {
      if (text.trim() !== "") this.#notes++;
      return;
    }
    this.#head(this.#person, "green", message, "prompt");
    const shown = folded(typed ?? "", this.#look.whole ? Infinity : MOST_PROMPT_LINES);
    if (shown.text !== "") for (const line of plainLines(shown.text, this.#look.width)) this.#body(line);
    for (const line of shown.more) this.#body(line);
    for (const part of rest) this.#other(part);
  }

  /** What anybody but a person said, called and answered. */
  #parts(message: Message, parts: readonly ProjectedPart[]): void {
    const { tools = "short", thinking = true } = this.#options;
    const name = message.role === "assistant" ? this.#agent : oneLine(message.role);
    for (const part of parts) {
      switch (part.type) {
        case "text":
          if (part.text.trim() === "") break;
          this.#answerHead(name, message);
          this.#answer(part.text);
          break;
        case "reasoning":
          if (!thinking || part.text.trim() === "") break;
          this.#answerHead(name, message);
          for (const line of thinkingLines(part.text, this.#look)) this.#body(line);
          this.#last = "answer";
          break;
        case "call":
          this.#called(part.call);
          if (tools === "off") break;
          this.#answerHead(name, message, "call");
          this.#each(callLines(part.call, this.#look), "call");
          break;
        case "result":
          this.#result(part, message);
          break;
        default:
          if (message.role !== "tool") this.#answerHead(name, message);
          this.#other(part);
      }
    }
  }

  #answer(text: string): void {
    const { colour = false } = this.#options;
    const shown = folded(text, this.#look.whole ? Infinity : MOST_LINES);
    for (const line of markdownLines(shown.text, { width: this.#look.width, colour })) this.#body(line);
    for (const line of shown.more) this.#body(line);
    this.#last = "answer";
  }

  #called(call: ProjectedToolCall): void {
    if (call.id === undefined) return;
    this.#calls.set(call.id, call);
    this.#lastCall = call.id;
  }

  #result({ result }: ProjectedPart & { type: "result" }, message: Message): void {
    const { tools = "short" } = this.#options;
    const call = result.callId === undefined ? undefined : this.#calls.get(result.callId);
    if (result.callId !== undefined) this.#calls.delete(result.callId);
    if (tools === "off") return;
    const text = this.#options.notes === true ? result.text : withoutReminders(result.text);
    const lines = resultLines({ ...result, text }, call?.name ?? "", this.#look);
    const { subsession } = message;
    if (typeof subsession === "string")
      lines.push([span(`    sub-agent ${oneLine(subsession.slice(0, 8))}`, "dim")]);
    if (lines.length === 0) return;
    // Below its own call it needs no name.
    const isBelow = call !== undefined && result.callId === this.#lastCall;
    if (!isBelow) {
      const title =
        call === undefined
          ? [span("answer of a tool")]
          : callTitle(call, this.#look, (this.#look.width ?? 202) - 2);
      if (this.#last !== "call" && this.#last !== "result") this.#blank();
      this.#body(cut([span("← ", "dim"), ...styled(title, "dim")], this.#look.width), "result");
    }
    this.#lastCall = undefined;
    this.#each(lines, isBelow ? "result" : undefined);
    this.#last = "result";
  }

  #system(message: Message, { text }: ProjectedMessage): void {
    this.#head("System", "magenta", message, "mark");
    this.#quiet(text);
  }

  #compaction(message: Message, { text }: ProjectedMessage): void {
    if (this.#options.promptsOnly === true) return;
    const { tokens_before: before, trigger } = message["compaction"] as Readonly<Record<string, unknown>>;
    const facts = [
      ...(typeof before === "number" ? [`${grouped(before)} tokens before`] : []),
      ...(typeof trigger === "string" ? [oneLine(trigger)] : []),
    ];
    const about = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
    this.#blank();
    this.#mark(
      `── compacted${about}: from here on a summary stands for what is above ──  #${this.#position}`,
      "yellow",
    );
    this.#quiet(text);
    this.#speaker = "";
  }

  /** What a program wrote, in whoever's name. */
  #note({ text }: ProjectedMessage, kind: string): void {
    if (this.#options.notes !== true || this.#options.promptsOnly === true) {
      this.#notes++;
      return;
    }
    if (this.#last !== "mark") this.#blank();
    this.#body([span(`· ${oneLine(kind)} #${this.#position}`, "dim")], "mark");
    this.#quiet(text);
    this.#last = "mark";
    this.#speaker = "";
  }

  #other(part: ProjectedPart): void {
    if (part.type === "attachment")
      this.#body(attachmentLine(part.attachment).map(({ text }) => span(text.trim(), "dim")));
    else if (part.type === "other") {
      const text = jsonText(part.value);
      this.#quiet(this.#look.whole ? text : cutText(text, MOST_OTHER));
    }
  }

  /** A head where another one speaks; between what the same one says an empty line. */
  #answerHead(name: string, message: Message, begins: Beginning = "answer"): void {
    if (this.#speaker === name) {
      const isCall = begins === "call" && (this.#last === "call" || this.#last === "result");
      if (this.#last !== undefined && !isCall && this.#last !== "mark") this.#blank();
      return;
    }
    this.#head(name, "cyan", message, "answer");
  }

  #head(name: string, colour: Style, message: Message, begins: Beginning): void {
    const time = localTime(message.at);
    if (time !== undefined && time.day !== this.#day) {
      this.#day = time.day;
      this.#blank();
      this.#mark(`── ${time.day} ──`, "dim");
    }
    const { model } = message;
    const isNew = typeof model === "string" && model !== this.#model;
    if (isNew) this.#model = model;
    const facts = [...(isNew ? [oneLine(model)] : []), ...(time === undefined ? [] : [time.clock])];
    this.#blank();
    const about = [...facts, `#${this.#position}`].join(" · ");
    this.#push([span(name, "bold", colour), span(`  ${about}`, "dim")], begins);
    this.#speaker = begins === "prompt" ? "" : name;
    this.#last = undefined;
  }

  /** A text of less interest: how it begins. */
  #quiet(text: string): void {
    if (text.trim() === "") return;
    const shown = folded(text, this.#look.whole ? Infinity : MOST_SUMMARY_LINES);
    for (const line of plainLines(shown.text, this.#look.width)) this.#body(styled(line, "dim"));
    for (const line of shown.more) this.#body(line);
  }

  #each(lines: readonly Span[][], begins: Beginning | undefined): void {
    for (const [index, line] of lines.entries()) this.#body(line, index === 0 ? begins : undefined);
    this.#last = begins ?? this.#last;
  }

  #mark(text: string, style: Style): void {
    const { width } = this.#options;
    for (const [index, line] of wrapped([span(text, style)], width).entries())
      this.#push(line, index === 0 ? "mark" : undefined);
  }

  #body(line: readonly Span[], begins?: Beginning): void {
    this.#push([span("  "), ...line], begins);
  }

  #blank(): void {
    this.#lines.push({ position: this.#position, text: "" });
  }

  #push(line: readonly Span[], begins?: Beginning): void {
    const { width, fits = false, colour = false } = this.#options;
    const pieces = fits && width !== undefined ? broken(line, width) : [line];
    for (const [index, piece] of pieces.entries()) {
      const text = paint(piece, colour).trimEnd();
      this.#lines.push({
        position: this.#position,
        text,
        ...(begins === undefined || index > 0 ? {} : { begins }),
      });
    }
  }
}
