import type { Command } from "commander";
import type { EngineReport } from "../index.ts";
import type { SessionStore } from "../store/session-store.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Output } from "./output/output.ts";
import { storeInEnvironment } from "./store-in-environment.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly store?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface Context {
  readonly store: SessionStore;
  readonly output: Output;
  readonly now: Date;
}

interface StoreUse {
  /** The store. Default: what the option or the environment names. */
  readonly place?: string;
  /** Told what the store reports. Default: it is printed beside the results. */
  readonly report?: (report: EngineReport) => void;
}

/**
 * Runs a command's work on the store and closes it, whatever happens. The exit code is what the work returns, 0 by
 * default.
 */
export async function withStore(
  command: Command,
  work: (context: Context) => Promise<ExitCode | undefined>,
  { place, report }: StoreUse = {},
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const output = new Output(options.json ?? false);
  // Loaded here, so that help and errors of usage do not wait for it.
  const { SessionStore } = await import("../store/session-store.ts");
  const store = await SessionStore.open(place ?? options.store ?? storeInEnvironment());
  store.on("report", report ?? (({ message }) => output.note(message)));
  try {
    process.exitCode = (await work({ store, output, now: new Date() })) ?? EXIT.ok;
  } finally {
    await store.close();
  }
}
