import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const [ONE, TWO] = ["aaaa1111", "bbbb2222"].map((start) => `${start}-0000-4000-8000-000000000000`);

test("du: what takes how much, the most first, by session, workspace and source, and what it consists of", async () => {
  const directory = temporaryDirectory();
  {
    await using store = new SessionStore(directory);
    const messages = [Message.user("x".repeat(50_000))];
    await store.save(
      new AgentSession({ id: ONE, messages: [Message.user("y")], workspacePath: "/gone/one" }),
    );
    await store.save(new AgentSession({ id: TWO, messages, metadata: { title: "Large" } }));
  }
  const { out, err, code } = run(directory, "du");
  expect(code).toBe(0);
  expect(out.split("\n")[0]).toMatch(/^ +SIZE +MESSAGES +SESSION$/);
  expect(out.split("\n")[1]).toMatch(/kB +1 +bbbb2222 {2}Large$/);
  expect(out.split("\n")[2]).toMatch(/ +1 +aaaa1111$/);
  expect(err).toMatch(/kB in 2 sessions\.\n$/);
  expect(run(directory, "du", "--by", "workspace", "--content").out).toMatch(
    /^ +SIZE +TEXT +THINKING +CALLS +RESULTS +FILES +REST +SESSIONS +MESSAGES +WORKSPACE\n.* 50 kB .*\(no workspace\)\n.*\/gone\/one\n$/,
  );
  expect(runJson(directory, "du", "--limit", "1", "--content").json).toMatchObject({
    store: directory,
    by: "session",
    sessionCount: 2,
    usage: [{ key: TWO, title: "Large", sessionCount: 1, messageCount: 1, content: { text: 50_000 } }],
  });
  expect(run(directory, "du", "--by", "colour")).toMatchObject({ code: 2 });
  expect(run(temporaryDirectory(), "du")).toMatchObject({ code: 0, out: "" });
});
