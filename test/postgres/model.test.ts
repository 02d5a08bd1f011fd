import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { holds } from "../property/model.ts";
import { installedPostgres, TestServer } from "./server.ts";

const isThere = installedPostgres() !== undefined;
let server: TestServer | undefined;

beforeAll(async () => {
  if (isThere) server = await TestServer.start({ fsync: "off", max_connections: "200" });
});
afterAll(() => server?.dispose());

test.skipIf(!isThere)("whatever is done to sessions, a server holds what a simple model holds", async () => {
  await holds(() => {
    const url = `${server?.url ?? ""}?tenant=${randomUUID()}&connections=2`;
    return () => new PostgresEngine({ url });
  }, 15_000);
});
