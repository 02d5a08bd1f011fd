import type { Message } from "../../session/message.ts";
import { cutText } from "../../session/outgoing-text.ts";
import { blocksOf, type Block } from "./message-blocks.ts";
import type { Output } from "./output.ts";
import { oneLine, printable, textWidth } from "./text-width.ts";
import { counted } from "./units.ts";

/** A message longer than this many lines, or with a line longer than that many characters, is shortened. */
const MOST_LINES = 12;
const LONGEST_LINE = 400;

const COLOURS = { user: "green", assistant: "cyan", system: "magenta", tool: "blue" } as const;

/** Notes that importers keep beside the conversation have a role such as `claude-code:progress`. */
export function isBeside(message: Message): boolean {
  return message.role.includes(":");
}

/** Prints messages for a person to read. */
export class MessagePrinter {
  readonly #output: Output;
  readonly #full: boolean;
  /** Notes in a row are told in one line. */
  readonly #beside = new Map<string, number>();

  constructor(output: Output, options: { readonly full: boolean }) {
    this.#output = output;
    this.#full = options.full;
  }

  /** Says that there are messages before the first one printed. */
  async skipped(count: number): Promise<void> {
    if (count > 0) await this.#dim(`\n… ${counted(count, "message")} before (--all shows them)`);
  }

  async print(position: number, message: Message): Promise<void> {
    if (isBeside(message)) {
      const role = oneLine(message.role);
      this.#beside.set(role, (this.#beside.get(role) ?? 0) + 1);
      return;
    }
    await this.#printBeside();
    await this.#output.line();
    const style = this.#output.style.bind(this.#output);
    const role = oneLine(message.role);
    const colour = Object.hasOwn(COLOURS, role) ? COLOURS[role as keyof typeof COLOURS] : "yellow";
    const when = message.at === undefined ? "" : `  ${oneLine(message.at).replace(/\.\d+Z$/, "Z")}`;
    await this.#output.line(style(["bold", colour], role) + style("dim", `  #${position}${when}`));
    for (const block of blocksOf(message)) await this.#printBlock(block);
  }

  /** After the last message. */
  async end(): Promise<void> {
    await this.#printBeside();
  }

  async #printBlock(block: Block): Promise<void> {
    const { quiet } = block;
    const label = block.label === undefined ? "" : `${oneLine(block.label)} `;
    const style = this.#output.style.bind(this.#output);
    const lines = printable(block.text).trimEnd().split("\n");
    const shown = this.#full ? lines : lines.slice(0, MOST_LINES).map(shorten);
    for (const [index, line] of shown.entries()) {
      const mark = index === 0 && label !== "" ? style("dim", label) : " ".repeat(textWidth(label));
      const text = quiet ? style("dim", line) : line;
      await this.#output.line(line === "" && index > 0 ? "" : `  ${mark}${text}`);
    }
    const left = lines.length - shown.length;
    if (left > 0) await this.#dim(`  … ${counted(left, "more line")} (--full shows them)`);
  }

  async #printBeside(): Promise<void> {
    if (this.#beside.size === 0) return;
    const counts = [...this.#beside].map(([role, count]) => `${count} ${role}`);
    this.#beside.clear();
    await this.#dim(`\n· ${counts.join(", ")}`);
  }

  async #dim(text: string): Promise<void> {
    await this.#output.line(this.#output.style("dim", text));
  }
}

function shorten(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${cutText(line, LONGEST_LINE)} (${line.length} characters)`;
}
