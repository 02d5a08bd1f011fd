import { afterAll, beforeAll } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { testArguments } from "../store/arguments.ts";
import { testVerbs } from "../store/verbs.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

describeWithServer("a store's verbs on PostgreSQL", () => {
  let server: TestServer;
  let tenants = 0;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  const open = (): SessionStore => {
    const engine = new PostgresEngine({ url: server.url, tenant: `tenant ${++tenants}`, connections: 2 });
    return new SessionStore(engine, { closeEngine: true });
  };
  testVerbs(open);
  testArguments(open);
});
