import { availableParallelism, platform, release } from "node:os";

/** What absolute times depend on; nothing that names the machine. */
export function machine(): Record<string, string | number> {
  return {
    node: process.version,
    system: `${platform()} ${release()}`,
    cores: availableParallelism(),
    sqlite: process.versions["sqlite"] ?? "unknown",
    threadPool: process.env["UV_THREADPOOL_SIZE"] ?? "4 (default)",
  };
}
