import { styleText } from "node:util";
import { wellFormedJson } from "../../session/json/outgoing-text.ts";
import { cannotWrite } from "./cannot-write.ts";
import { exitCodeOf, usageError } from "../exit-code.ts";
import { printable } from "./text-width.ts";

type Style = Parameters<typeof styleText>[0];

/** Where a command's results go (standard output) and what it says about them (standard error). */
export class Output {
  /** Results are JSON, and so are errors. */
  readonly json: boolean;
  /** The results go to a terminal that wants colours. */
  readonly isColoured = styleText("dim", "-", { stream: process.stdout }) !== "-";

  constructor(json: boolean) {
    this.json = json;
  }

  /** The terminal's width; `undefined` when the results go to a file or a pipe. */
  get width(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  }

  /** The terminal's rows. */
  get height(): number {
    return process.stdout.rows || 24;
  }

  /** One line of the result. Resolves when there is room for more, so that a long result is never held. */
  async line(text = ""): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** A piece of the result as it is; resolves as `line` does. */
  async write(text: string | Buffer): Promise<void> {
    if (process.stdout.write(text)) return;
    await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
  }

  /** A whole result as JSON that every parser takes. */
  async document(value: unknown): Promise<void> {
    await this.jsonLine(JSON.stringify(value, undefined, 2));
  }

  /** JSON text, made such that every parser takes it. */
  async jsonLine(text: string): Promise<void> {
    await this.line(wellFormedJson(text));
  }

  /** Something a person should know; silent in JSON, where it is part of the result. */
  note(text: string): void {
    if (!this.json) process.stderr.write(`${text}\n`);
  }

  /** Colours, where the results go to a terminal that wants them. */
  style(style: Style, text: string): string {
    return this.isColoured ? styleText(style, text, { stream: process.stdout }) : text;
  }
}

/** Tells an error on standard error and sets the exit code. */
export function reportError(thrown: unknown, json: boolean): void {
  const error = isOfDeletedDirectory(thrown) ? DELETED_DIRECTORY : thrown;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const described = {
    code: typeof code === "string" ? code : "UNEXPECTED",
    message: typeof message === "string" ? message : String(error),
  };
  process.exitCode = exitCodeOf(error);
  if (json) process.stderr.write(`${wellFormedJson(JSON.stringify({ error: described }))}\n`);
  else process.stderr.write(`astrid-sessions: ${printable(described.message)}\n`);
}

/** Whatever is resolved from where the command runs; Node tells it in its own words. */
function isOfDeletedDirectory(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === "uv_cwd";
}

const DELETED_DIRECTORY = usageError(
  "The directory that you are in was deleted: go to another one, or give absolute paths.",
);

/** A reader that stops early (`| head`) ends the command quietly; results that cannot be written end it with an error. */
export function endWithStandardOutput(json: boolean): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") reportError(cannotWrite("standard output", error), json);
    process.exit();
  });
  // Nobody can be told; the exit code tells.
  process.stderr.on("error", () => undefined);
}
