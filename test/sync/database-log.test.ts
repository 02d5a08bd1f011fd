import { utimesSync } from "node:fs";
import { expect, test } from "vitest";
import { syncSessions } from "../../src/import.ts";
import { inspectSources } from "../../src/importers/sync/inspect.ts";
import { SessionStore } from "../../src/index.ts";
import { insert, OPENCODE, opencode, openDatabase } from "../importers/databases.ts";
import { agentHome } from "./home.ts";

const place = agentHome();
const NAME = ".local/share/opencode/opencode.db";

test("a database of which only the log changed is told as changed, and one of which nothing did is not", async () => {
  await using store = new SessionStore(place.store);
  using database = openDatabase(place.home, NAME, OPENCODE);
  insert(database, "session", opencode.session("ses_1"));
  insert(database, "message", opencode.message("ses_1", "msg_1", 0, { role: "user" }));
  insert(database, "part", opencode.part("ses_1", "msg_1", "prt_1", { type: "text", text: "one" }));
  const age = (end: string, seconds: number): void => {
    const then = new Date(Date.now() - seconds * 1000);
    utimesSync(`${place.home}/${NAME}${end}`, then, then);
  };
  const changed = async (): Promise<number | undefined> =>
    (await inspectSources(store)).find(({ agent }) => agent === "opencode")?.changed;
  // What was changed a moment ago could be changed again unnoticed.
  age("", 60);
  age("-wal", 60);
  const report = await syncSessions(store);
  expect(report.sources.find(({ agent }) => agent === "opencode")?.outcomes.created).toBe(1);
  expect(await changed()).toBe(0);
  insert(database, "message", opencode.message("ses_1", "msg_2", 1, { role: "user" }));
  age("-wal", 30);
  expect(await changed()).toBe(1);
});
