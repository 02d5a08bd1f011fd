import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";
let base: string;
let store: string;

beforeEach(() => {
  base = temporaryDirectory();
  store = join(base, "store");
});

/** A transcript of Claude Code with one prompt, brought in. */
function imported(project: string, id = ID): string {
  const file = join(base, "claude", `${id}.jsonl`);
  const record = {
    ...{ type: "user", uuid: "a", parentUuid: null, sessionId: id, cwd: project, version: "2.1.0" },
    ...{ timestamp: "2026-01-10T02:08:26.108Z", message: { role: "user", content: "hello" } },
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record)}\n`);
  expect(run(store, "import", file).code).toBe(0);
  return file;
}

test("prints the agent's command for the session's directory, as a shell reads it", () => {
  const project = join(base, "it's a project");
  mkdirSync(project);
  imported(project);
  const line = `cd '${join(base, "it'\\''s a project")}' && claude --resume ${ID}\n`;
  expect(run(store, "resume", "faff")).toEqual({ code: 0, out: line, err: "" });
  expect(runJson(store, "resume", "latest").json).toEqual({
    agent: "Claude Code",
    command: ["claude", "--resume", ID],
    directory: project,
  });
});

test("runs it in that directory, without a shell, and ends as it ends", () => {
  const project = join(base, "$(touch x)");
  mkdirSync(project);
  imported(project);
  const bin = join(base, "bin");
  mkdirSync(bin);
  const seen = join(base, "seen");
  writeFileSync(join(bin, "claude"), `#!/bin/sh\npwd > '${seen}'\necho "$@" >> '${seen}'\nexit 7\n`);
  chmodSync(join(bin, "claude"), 0o755);
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"] ?? ""}`);
  expect(run(store, "resume", ID, "--exec").code).toBe(7);
  expect(readFileSync(seen, "utf8")).toBe(`${project}\n--resume ${ID}\n`);
  vi.stubEnv("PATH", dirname(process.execPath));
  expect(run(store, "resume", ID, "--exec")).toMatchObject({
    code: 1,
    err: "astrid-sessions: There is no program claude: install Claude Code first.\n",
  });
  vi.unstubAllEnvs();
});

test("says why it cannot, and what to do", async () => {
  const project = join(base, "project");
  mkdirSync(project);
  const file = imported(project);
  const own = new AgentSession({ messages: [Message.user("ours")] });
  {
    await using opened = new SessionStore(store);
    await opened.save(own);
    await opened.append(ID, [Message.user("said here")]);
  }
  expect(run(store, "resume", own.id)).toMatchObject({
    code: 3,
    err: expect.stringContaining("was not brought in from an agent") as string,
  });
  expect(run(store, "resume", ID)).toMatchObject({
    code: 0,
    err: expect.stringContaining("was changed here") as string,
  });
  rmSync(project, { recursive: true });
  expect(runJson(store, "resume", ID)).toMatchObject({ code: 3, json: { error: { code: "NOT_RESUMABLE" } } });
  writeFileSync(project, "no directory any more");
  expect(runJson(store, "resume", ID)).toMatchObject({ code: 3, json: { error: { code: "NOT_RESUMABLE" } } });
  rmSync(project);
  mkdirSync(project);
  rmSync(file);
  expect(run(store, "resume", ID).err).toContain(`give-back ${ID}`);
});
