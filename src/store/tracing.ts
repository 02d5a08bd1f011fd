import { tracingChannel } from "node:diagnostics_channel";

/**
 * `node:diagnostics_channel` names: `tracing:astrid-sessions:commit`, `:load`, `:list`, `:search`, `:delete` and `:checkpoint`,
 * each with Node's usual `:start`, `:end`, `:asyncStart`, `:asyncEnd` and `:error`.
 */
const channels = {
  commit: tracingChannel("astrid-sessions:commit"),
  load: tracingChannel("astrid-sessions:load"),
  list: tracingChannel("astrid-sessions:list"),
  search: tracingChannel("astrid-sessions:search"),
  delete: tracingChannel("astrid-sessions:delete"),
  checkpoint: tracingChannel("astrid-sessions:checkpoint"),
};

/** Runs `work` inside a tracing channel; costs nothing when nobody listens. */
export function traced<T>(verb: keyof typeof channels, context: object, work: () => Promise<T>): Promise<T> {
  const channel = channels[verb];
  return channel.hasSubscribers ? channel.tracePromise(work, context) : work();
}
