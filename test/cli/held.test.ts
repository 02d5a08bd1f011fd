import { expect, test } from "vitest";
import { AgentSession, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "aaaa1111-0000-4000-8000-000000000000";

test("list and show say who holds a session, for as long as they do", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ id: ID, metadata: { title: "Parser" } }));
  const lease = await store.lease(ID, { by: "the\nreviewer" });
  expect(run(directory, "list").out).toContain("[held by the reviewer] Parser");
  expect(run(directory, "show", "aaaa").out).toMatch(/^ {2}held {10}by the reviewer since 20/m);
  const held = { by: "the\nreviewer", since: lease.since };
  expect(runJson(directory, "list").json.sessions).toMatchObject([{ held }]);
  await lease.release();
  expect(run(directory, "list").out).not.toContain("held");
  expect(run(directory, "show", "aaaa").out).not.toContain("held");
  expect(runJson(directory, "list").json.sessions).toMatchObject([{ held: null }]);
});
