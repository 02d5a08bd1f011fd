import { emitKeypressEvents, type Interface } from "node:readline";
import type { Key } from "./keys.ts";
import type { Size } from "./state.ts";

const ESC = "\u001b[";
/** Nothing is drawn between these but the whole, where the terminal knows them. */
const [BEGIN, END] = [`${ESC}?2026h`, `${ESC}?2026l`];
const [ALTERNATE, NO_ALTERNATE] = [`${ESC}?1049h`, `${ESC}?1049l`];
const [PASTE, NO_PASTE] = [`${ESC}?2004h`, `${ESC}?2004l`];
const [HIDE, SHOW] = [`${ESC}?25l`, `${ESC}?25h`];
/** A terminal that has no size says so by zeros. */
const [COLUMNS, ROWS] = [80, 24];
/** Without the alternate screen so many lines are drawn at most. */
const PLAIN_ROWS = 16;
/** So long Esc may be the beginning of another key, in milliseconds. */
const ESCAPE = 30;

/** The person's terminal while the picker has it; whatever ends the process gives it back as it was. */
export class Terminal {
  readonly #isPlain: boolean;
  readonly #keys = new Set<(key: Key) => void>();
  readonly #sizes = new Set<() => void>();
  #pasted: string | undefined;
  #isOpen = false;
  /** The lines that are on the screen. */
  #drawn: readonly string[] = [];

  /** @param isPlain without the alternate screen: what was on the screen stays above. */
  constructor(isPlain: boolean) {
    this.#isPlain = isPlain;
  }

  get size(): Size {
    const columns = process.stdout.columns || COLUMNS;
    const rows = process.stdout.rows || ROWS;
    return { columns, rows: this.#isPlain ? Math.min(rows - 1, PLAIN_ROWS) : rows };
  }

  onKey(listener: (key: Key) => void): void {
    this.#keys.add(listener);
  }

  onResize(listener: () => void): void {
    this.#sizes.add(listener);
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#drawn = [];
    const { stdin, stdout } = process;
    // Of an interface it looks at nothing else.
    emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE } as unknown as Interface);
    stdin.setRawMode(true);
    stdin.on("keypress", this.#keypress);
    stdin.on("end", this.#ended);
    stdin.resume();
    stdout.on("resize", this.#resized);
    process.on("exit", this.close);
    process.on("uncaughtExceptionMonitor", this.close);
    for (const signal of SIGNALS) process.on(signal, this.#signalled);
    process.on("SIGCONT", this.#continued);
    stdout.write(`${this.#isPlain ? "" : ALTERNATE}${PASTE}${HIDE}`);
  }

  /** Gives it back; may be called at any time. */
  readonly close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stdin, stdout } = process;
    try {
      stdout.write(`${this.#isPlain ? this.#upToTop() + `${ESC}J` : NO_ALTERNATE}${NO_PASTE}${SHOW}`);
      stdin.setRawMode(false);
    } catch {
      // It is gone.
    }
    stdin.off("keypress", this.#keypress);
    stdin.off("end", this.#ended);
    stdin.pause();
    stdout.off("resize", this.#resized);
    process.off("exit", this.close);
    process.off("uncaughtExceptionMonitor", this.close);
    for (const signal of SIGNALS) process.off(signal, this.#signalled);
    process.off("SIGCONT", this.#continued);
  };

  /** Puts the lines on the screen: those that are others, at one go. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    let text = BEGIN;
    if (this.#isPlain) {
      text += `${this.#upToTop()}${ESC}J${lines.join("\r\n")}`;
    } else {
      const isWhole = this.#drawn.length !== lines.length;
      if (isWhole) text += `${ESC}2J`;
      for (const [index, line] of lines.entries())
        if (isWhole || line !== this.#drawn[index]) text += `${ESC}${index + 1};1H${line}${ESC}0m${ESC}K`;
    }
    this.#drawn = lines;
    process.stdout.write(text + END);
  }

  /** Puts a text into the clipboard, also over ssh, where the terminal allows it. */
  copy(text: string): void {
    const code = `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
    process.stdout.write(code);
  }

  /** The whole is drawn the next time. */
  forget(): void {
    if (!this.#isPlain) this.#drawn = [];
  }

  #upToTop(): string {
    return this.#drawn.length > 1 ? `\r${ESC}${this.#drawn.length - 1}A` : "\r";
  }

  readonly #keypress = (text: string | undefined, key: Key | undefined): void => {
    if (key?.name === "paste-start") this.#pasted = "";
    else if (key?.name === "paste-end") {
      const paste = this.#pasted ?? "";
      this.#pasted = undefined;
      this.#tell({ paste });
    } else if (this.#pasted !== undefined) this.#pasted += text ?? key?.sequence ?? "";
    else this.#tell({ ...key, sequence: key?.sequence ?? text });
  };

  #tell(key: Key): void {
    for (const listener of this.#keys) listener(key);
  }

  readonly #resized = (): void => {
    this.forget();
    for (const listener of this.#sizes) listener();
  };

  readonly #ended = (): void => this.#tell({ ctrl: true, name: "c" });

  readonly #continued = (): void => {
    process.stdin.setRawMode(true);
    process.stdout.write(`${this.#isPlain ? "" : ALTERNATE}${PASTE}${HIDE}`);
    this.#resized();
  };

  /** As the signal would have done it, with the terminal in order. */
  readonly #signalled = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };
}

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;
