import { once } from "node:events";
import { Command } from "commander";
import type { ServedViewer } from "../../../viewer.ts";
import { withStore, type Context } from "../../context.ts";
import { CommandError, EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { openBrowser } from "../../open-browser.ts";
import { parseCount } from "../../output/units.ts";

interface ViewOptions {
  readonly port?: string;
  readonly host?: string;
  readonly open?: boolean;
  readonly readOnly?: boolean;
}

const NOTES = `
Whoever has the address sees the sessions, and may rename, tag, archive and trash them; nothing in them is ever run.
It is reached from this machine alone unless --host says otherwise, and ends with Ctrl-C.

Examples:
  astrid-sessions view --open
  astrid-sessions view --port 4711 --read-only`;

export function viewCommand(): Command {
  return new Command("view")
    .description("show the sessions in the browser")
    .option("-p, --port <number>", "where to listen (default: a port that is free)")
    .option("--host <address>", "this machine's address or name under which others reach it", "127.0.0.1")
    .option("--open", "open the browser too")
    .option("--read-only", "nothing can be changed there")
    .addHelpText("after", NOTES)
    .action((options: ViewOptions, command: Command) =>
      withStore(command, (context) => view(context, options)),
    );
}

async function view({ store, output }: Context, options: ViewOptions): Promise<ExitCode> {
  const { host = "127.0.0.1", readOnly, open } = options;
  const port = options.port === undefined ? undefined : parseCount("--port", options.port, 0);
  if (port !== undefined && port > 65_535) throw usageError(`--port is at most 65535, not ${port}.`);
  // Loaded here: no other command waits for a server.
  const { isLoopback, serveViewer } = await import("../../../viewer/server/serve-viewer.ts");
  if (/^(?:0\.0\.0\.0|::|\*)$/.test(host))
    throw usageError(
      `--host ${host} is no address that a browser is given: name one of this machine's. Every other name is refused.`,
    );
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
  const onError = (error: unknown): void => output.note(`The viewer: ${(error as Error).message}`);
  const viewer = await listening(() => serveViewer(store, { host, port, readOnly, onError }), host, port);
  try {
    if (output.json) await output.document({ url: viewer.url, store: store.location });
    else await output.line(viewer.url);
    output.note(`The sessions of ${store.location}; Ctrl-C ends it.`);
    if (!isLoopback(host))
      output.note("Whoever can reach it and has the address sees them, and nothing is encrypted on the way.");
    using _ = open === true ? openBrowser(viewer.url, (message) => output.note(message)) : undefined;
    if (!stopped.signal.aborted) await once(stopped.signal, "abort");
  } finally {
    await viewer.close();
  }
  return EXIT.ok;
}

/** @throws {CommandError} when it cannot listen there. */
async function listening(
  serve: () => Promise<ServedViewer>,
  host: string,
  port: number | undefined,
): Promise<ServedViewer> {
  try {
    return await serve();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = port === undefined ? host : `${host}:${port}`;
    if (code === "EADDRINUSE")
      throw new CommandError("CANNOT_LISTEN", EXIT.failed, `${where} is taken: choose another --port.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw usageError(`${host} is no address of this machine.`);
    if (code === "EACCES")
      throw new CommandError(
        "CANNOT_LISTEN",
        EXIT.failed,
        `${where} may not be listened at: choose another --port.`,
      );
    throw error;
  }
}
