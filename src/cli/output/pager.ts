import { spawn, type ChildProcess } from "node:child_process";

/** Takes a line of the result. @returns false when nobody reads any more. */
export type LineSink = (line: string) => Promise<boolean>;

interface Screen {
  readonly rows: number;
  readonly columns: number;
}

/** What `less` shows: colours as they are, and no more than it must. */
const LESS = { program: "less", args: ["-R"] } as const;
const NOT_FOUND = new Set([126, 127]);

/**
 * Gives the lines to the person's pager (`$PAGER`, else `less -R`) once they are more than a screen holds; fewer are
 * printed. A pager that is left early ends the lines, and is no error; without one that can be run they are printed.
 */
export async function paged(
  screen: Screen,
  print: (line: string) => Promise<void>,
  produce: (sink: LineSink) => Promise<void>,
): Promise<void> {
  const held: string[] = [];
  let rows = 0;
  let pager: Pager | undefined;
  await produce(async (line) => {
    if (pager !== undefined) return await pager.take(line);
    held.push(line);
    rows += rowsOf(line, screen.columns);
    if (rows < screen.rows) return true;
    pager = Pager.begin();
    for (const one of held) if (!(await pager.take(one))) return false;
    return true;
  });
  if (pager !== undefined && (await pager.end())) return;
  if (pager === undefined) for (const line of held) await print(line);
  else
    await produce(async (line) => {
      await print(line);
      return true;
    });
}

/** As far as it can be told without looking for characters that take no room. */
function rowsOf(line: string, columns: number): number {
  // eslint-disable-next-line no-control-regex
  return Math.max(Math.ceil(line.replace(/\u001b\[[\d;]*m/g, "").length / columns), 1);
}

/** Whether the person has a pager; `PAGER=cat`, or an empty one, says that there is none. */
export function hasPager(): boolean {
  const { PAGER } = process.env;
  return PAGER === undefined || (PAGER.trim() !== "" && PAGER.trim() !== "cat");
}

class Pager {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | undefined>;
  #isOpen = true;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#ended = new Promise((resolve) => {
      process.once("error", () => resolve(undefined));
      process.once("close", (code) => resolve(code ?? 0));
    });
    const close = (): void => {
      this.#isOpen = false;
    };
    process.stdin?.on("error", close);
    void this.#ended.then(close);
  }

  static begin(): Pager {
    const { PAGER } = process.env;
    // What the pager does with Ctrl-C is its own affair; it would be left alone with the terminal.
    process.on("SIGINT", ignore);
    const stdio = ["pipe", "inherit", "inherit"] as const;
    // F and X only matter to a `less` that is not told anything else.
    const env = { LESS: "FRX", LV: "-c", ...process.env };
    return new Pager(
      PAGER === undefined
        ? spawn(LESS.program, LESS.args, { stdio: [...stdio], env })
        : spawn(PAGER, { shell: true, stdio: [...stdio], env }),
    );
  }

  async take(line: string): Promise<boolean> {
    const { stdin } = this.#process;
    if (!this.#isOpen || stdin === null) return false;
    if (!stdin.write(`${line}\n`)) {
      const drained = new Promise<void>((resolve) => stdin.once("drain", resolve));
      await Promise.race([drained, this.#ended]);
    }
    return this.#isOpen;
  }

  /** Waits until the person has left it. @returns false when it could not be run. */
  async end(): Promise<boolean> {
    this.#process.stdin?.end();
    const code = await this.#ended;
    process.off("SIGINT", ignore);
    return code !== undefined && !NOT_FOUND.has(code);
  }
}

function ignore(): void {
  // See above.
}
