import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run } from "./run.ts";

async function stored(): Promise<string> {
  const directory = temporaryDirectory();
  const metadata = { title: "Quota", tags: ["work"], custom: { source: "my-agent" } };
  const session = new AgentSession({ model: "opus-9", metadata });
  session.addMessage(Message.user("the quota is used up, no retry"));
  await using store = new SessionStore(directory);
  await store.save(session);
  return directory;
}

test("an agent that nobody knows, and a role that nobody has, are refused, with those that there are", async () => {
  const directory = await stored();
  const noAgent = { code: 2, err: expect.stringContaining("Sessions here are of my-agent.") as string };
  expect(run(directory, "list", "--source", "codx")).toMatchObject(noAgent);
  expect(run(directory, "list", "--source", "codx", "--json", "--budget", "4000")).toMatchObject(noAgent);
  expect(run(directory, "search", "quota", "--agent", "codx")).toMatchObject(noAgent);
  expect(run(directory, "search", "quota agent:codx")).toMatchObject(noAgent);
  expect(run(directory, "cleanup", "--older-than", "30d", "--source", "codx")).toMatchObject(noAgent);
  const nobody = { code: 2, err: expect.stringContaining("Nobody speaks as") as string };
  expect(run(directory, "search", "quota", "role:bot")).toMatchObject(nobody);
  expect(run(directory, "search", "quota", "--role", "nobody", "--json")).toMatchObject(nobody);
  expect(run(directory, "search", "quota", "--json", "--budget", "4000", "-r", "bot")).toMatchObject(nobody);
  // What is known, and is not here, is no slip; nor what only this store knows.
  expect(run(directory, "list", "--source", "codex")).toMatchObject({ code: 0, out: "" });
  expect(run(directory, "list", "--source", "my-agent").out).toContain("Quota");
  expect(run(directory, "search", "quota", "--role", "you").out).toContain("Quota");
  expect(run(directory, "search", "quota", "--role", "system").code).toBe(0);
});

test("of a tag and a model that no session has, those that there are are told", async () => {
  const directory = await stored();
  expect(run(directory, "list", "--tag", "wrok")).toMatchObject({
    code: 0,
    err: expect.stringContaining('No session has the tag "wrok". There are work.') as string,
  });
  expect(run(directory, "search", "quota", "--tag", "wrok").err).toContain("There are work.");
  expect(run(directory, "list", "--model", "sonet").err).toContain("There are opus-9.");
  expect(run(directory, "list", "--model", "opus", "--title", "other").err).not.toContain("There are");
});

test("a directory that there is not is named where nothing of it is found", async () => {
  const directory = await stored();
  const gone = join(directory, "no-such-project");
  for (const command of [
    ["list", "-w", gone],
    ["search", "quota", "-w", gone],
    ["cleanup", "--older-than", "1d", "-w", gone],
  ])
    expect(run(directory, ...command).err).toContain(`There is no directory ${JSON.stringify(gone)}`);
  expect(run(directory, "list", "-w", directory).err).not.toContain("There is no directory");
});

test("an agent that nobody has heard of is named where it is to be left out", async () => {
  const directory = await stored();
  const { code, err } = run(directory, "search", "quota -agent:codxe");
  expect([code, err]).toEqual([0, expect.stringContaining('no agent "codxe" to leave out')]);
  for (const known of ["codex", "my-agent"])
    expect(run(directory, "search", `quota -agent:${known}`).err).not.toContain("to leave out");
});

test("what narrows without a word, and a word with a minus, are refused with what to write", async () => {
  const directory = await stored();
  const alone = run(directory, "search", "agent:codex", "tag:work");
  expect(alone).toMatchObject({ code: 2 });
  expect(alone.err).toContain('"astrid-sessions list --source codex --tag work" lists');
  expect(run(directory, "search", "--", "!").err).not.toContain("list");
  const minus = run(directory, "search", "quota", "-xretry");
  expect(minus).toMatchObject({ code: 2 });
  expect(minus.err).toContain("search 'quota -retry', or search -- quota -retry");
  for (const word of ["-retry", "-weekly"]) {
    const glued = run(directory, "search", "quota", word);
    expect(glued).toMatchObject({ code: 2 });
    expect(glued.err).toContain(`search 'quota ${word}'`);
  }
  for (const role of ["-ryou", "-rtool", "-rassistant"])
    expect(run(directory, "search", "quota", role)).toMatchObject({ code: 0 });
  expect(run(directory, "rename", "latest", "-x").err).toContain('or behind "--"');
  expect(run(directory, "pin", "latest", "-x").err).not.toContain("minus");
});
