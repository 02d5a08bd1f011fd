import { installedPostgres, TestServer } from "../../test/postgres/server.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";

/** A group of rows that runs on a PostgreSQL server of its own, or is skipped where none is installed. */
export function withServer(
  name: string,
  settings: Readonly<Record<string, string>>,
  run: (context: BenchContext, url: string) => Promise<void>,
): RowGroup {
  return {
    name,
    async run(context) {
      if (installedPostgres() === undefined) {
        context.report.skip(name, "PostgreSQL is not installed");
        return;
      }
      const server = await TestServer.start(settings);
      try {
        await run(context, server.url);
      } finally {
        await server.dispose();
      }
    },
  };
}
