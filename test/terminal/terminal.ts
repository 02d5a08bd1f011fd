import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { COMMAND } from "../command.ts";

/** So long a screen is waited for: a test that passes never waits for it. */
const PATIENCE = 20_000;

/** Whether this machine has a terminal to test with. Where it has none, say so: the tests are skipped. */
export const hasTerminal = spawnSync("tmux", ["-V"]).status === 0;
if (!hasTerminal) console.warn("tmux is not installed: everything that needs a real terminal is SKIPPED.");

/** The environment, but for what says that no person looks on. */
const { CI: _, NO_COLOR: _none, FORCE_COLOR: _force, ...UNTOLD } = process.env;

interface Size {
  readonly columns: number;
  readonly rows?: number;
}

/** A shell in a real terminal (tmux), with the command as `astrid-sessions`. */
export class Terminal {
  readonly #socket = `astrid-${randomUUID()}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "astrid-terminal-"));

  /** Opens one for the test that runs, with a store. */
  static open(
    store: string,
    { columns, rows = 24 }: Size,
    environment: Readonly<Record<string, string>> = {},
    directory = tmpdir(),
  ): Terminal {
    const terminal = new Terminal();
    onTestFinished(() => terminal.#close());
    const command = `#!/bin/sh\necho $$ >"${terminal.#folder}/pid"\nexec "${process.execPath}" "${COMMAND}" "$@"\n`;
    writeFileSync(join(terminal.#folder, "astrid-sessions"), command, { mode: 0o755 });
    const { PATH = process.env["PATH"] ?? "", ...others } = environment;
    const own = {
      PATH: `${terminal.#folder}:${PATH}`,
      ASTRID_SESSIONS_STORE: store,
      PS1: "$ ",
      LANG: "C.UTF-8",
      TERM: "screen-256color",
      ...others,
    };
    const variables = Object.entries(own).map(([name, value]) => `${name}=${value}`);
    terminal.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      `${columns}`,
      "-y",
      `${rows}`,
      "-c",
      directory,
      "env",
      ...variables,
      "sh",
    );
    // What is typed before the shell is there stands on the screen twice, before its prompt and behind.
    const end = performance.now() + PATIENCE;
    while (!terminal.screen().includes("$"))
      if (performance.now() > end) throw new Error("the shell has shown no prompt");
    return terminal;
  }

  /** Presses keys, by tmux's names (`Enter`, `C-r`, `Down`); what is none is typed as it stands. */
  type(...keys: readonly string[]): void {
    for (const key of keys) this.#tmux("send-keys", ...(NAMED.test(key) ? [] : ["-l"]), key);
  }

  /** Pastes a text, as a terminal does that brackets it. */
  paste(text: string): void {
    this.#tmux("set-buffer", text);
    this.#tmux("paste-buffer", "-p");
  }

  /** Sends a signal to the program that runs in it. */
  signal(name: NodeJS.Signals): void {
    process.kill(Number(readFileSync(join(this.#folder, "pid"), "utf8")), name);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** What stands on the screen: its lines, without spaces at their ends. */
  screen(): string[] {
    return this.#tmux("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  /** The same with colours. */
  colours(): string {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** What was on the screen and what scrolled out of it. */
  history(): string {
    return this.#tmux("capture-pane", "-p", "-S", "-");
  }

  /** Whether the program has the alternate screen. */
  isAlternate(): boolean {
    return this.#tmux("display-message", "-p", "#{alternate_on}").trim() === "1";
  }

  /** What the program put into the clipboard last. */
  clipboard(): string {
    return this.#tmux("show-buffer");
  }

  /** Waits until the screen is as it should be. @returns its lines. */
  async until(isThere: ((lines: readonly string[]) => boolean) | string | RegExp): Promise<string[]> {
    const holds = (lines: readonly string[]): boolean => {
      if (typeof isThere === "function") return isThere(lines);
      const text = lines.join("\n");
      return typeof isThere === "string" ? text.includes(isThere) : isThere.test(text);
    };
    const end = performance.now() + PATIENCE;
    for (;;) {
      const lines = this.screen();
      if (holds(lines)) return lines;
      if (performance.now() > end) throw new Error(`${String(isThere)} never showed:\n${lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #tmux(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", this.#socket, ...args], {
      encoding: "utf8",
      env: { ...UNTOLD, TMUX_TMPDIR: this.#folder, TMUX: "", LC_ALL: "C.UTF-8" },
    });
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  #close(): void {
    try {
      this.#tmux("kill-server");
    } catch {
      // It has ended by itself.
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const NAMED = /^(Enter|Escape|Tab|BTab|Up|Down|Left|Right|Home|End|PageUp|PageDown|BSpace|Space|[CM]-.)$/;
