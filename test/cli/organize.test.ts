import { expect, test } from "vitest";
import { AgentSession, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ONE = "aaaa1111-0000-4000-8000-000000000000";
const TWO = "bbbb2222-0000-4000-8000-000000000000";

async function stored(): Promise<string> {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  for (const id of [ONE, TWO]) await store.save(new AgentSession({ id }));
  return directory;
}

test("rename, tag, pin and archive change what a list shows, and say so", async () => {
  const directory = await stored();
  expect(run(directory, "rename", "aaaa", "The", "parser")).toMatchObject({
    code: 0,
    out: `changed: ${ONE}  The parser\n`,
  });
  expect(run(directory, "tag", "aaaa", "work", "rust").out).toBe(
    `changed: ${ONE}  The parser  #work  #rust\n`,
  );
  expect(run(directory, "tag", "aaaa", "work").out).toMatch(/^unchanged/);
  expect(run(directory, "tag", "aaaa", "work", "--remove").code).toBe(0);
  const pinned = runJson(directory, "pin", "aaaa", "bbbb");
  expect(pinned.json.sessions).toMatchObject([
    {
      id: ONE,
      title: "The parser",
      tags: ["rust"],
      changed: true,
      custom: { pinned: expect.any(String) as string },
    },
    { id: TWO, title: null, changed: true },
  ]);
  expect(run(directory, "pin", "bbbb", "--remove").code).toBe(0);
  expect(run(directory, "archive", "bbbb").code).toBe(0);
  const listed = (...options: string[]): unknown[] =>
    runJson(directory, "list", ...options).json.sessions.map((one) => (one as { id: string }).id);
  expect(listed()).toEqual([ONE]);
  expect(listed("--archived")).toEqual([TWO]);
  expect(listed("--all")).toEqual([TWO, ONE]);
  expect(listed("--pinned")).toEqual([ONE]);
  expect(run(directory, "list").out).toContain("★ The parser");
  expect(run(directory, "show", "latest").out).toContain(ONE);
  expect(runJson(directory, "rename", "aaaa", "--clear").json.sessions).toMatchObject([{ title: null }]);
});

test("an old session that is put in order is no newer for it", async () => {
  const directory = temporaryDirectory();
  const at = (day: number): string => `2026-01-0${day}T10:00:00.000Z`;
  const store = new SessionStore(directory);
  await store.commit(ONE, { base: 0, at: at(1), set: { createdAt: at(1) } });
  await store.commit(TWO, { base: 0, at: at(2), set: { createdAt: at(2) } });
  await store.close();
  const listed = (): unknown => runJson(directory, "list", "--all").json.sessions;
  const deeds = [
    ["rename", "aaaa", "Old"],
    ["tag", "aaaa", "t"],
    ["pin", "aaaa"],
    ["archive", "aaaa"],
  ];
  for (const deed of [...deeds, ["pin", "aaaa", "--remove"], ["archive", "aaaa", "--remove"]]) {
    expect(run(directory, ...deed)).toMatchObject({ code: 0 });
    expect(listed()).toMatchObject([
      { id: TWO, updatedAt: at(2) },
      { id: ONE, updatedAt: at(1) },
    ]);
  }
  expect(run(directory, "show", "latest").out).toContain(TWO);
});

test("what makes no sense changes nothing", async () => {
  const directory = await stored();
  expect(run(directory, "rename", "aaaa")).toMatchObject({ code: 2 });
  expect(run(directory, "rename", "aaaa", "x", "--clear")).toMatchObject({ code: 2 });
  expect(run(directory, "pin", "aaaa", "cccc")).toMatchObject({ code: 3 });
  const summaries = runJson(directory, "list").json.sessions;
  expect(summaries).toMatchObject([{ revision: 1 }, { revision: 1 }]);
});
