import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { differences } from "../../src/demo/replay.ts";
import { demoTranscript, TITLE } from "../../src/demo/conversation.ts";
import { messagesOf } from "../../src/demo/transcript.ts";
import { AgentSession, SessionStore, type Message } from "../../src/index.ts";

const MAIN = fileURLToPath(new URL("../../src/demo/main.ts", import.meta.url));
let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-demo-"));
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

test("the main job loses nothing, and leaves nothing behind", () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, "--kills", "4", "--dir", base], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/kills +4 with SIGKILL/);
  expect(stdout).toMatch(/lost +0\n/);
  // What a person reads: a title, what happens when it happens, how the conversation ends, and what to do next.
  expect(stdout.match(/the writer is killed; another goes on/g)).toHaveLength(4);
  expect(stdout).toContain(TITLE);
  expect(stdout).toContain("git commit -qm 'Invoices have the date of their customer'");
  expect(stdout.trimEnd()).toMatch(/npx node bin\/astrid-sessions\.js sync$/);
  expect(readdirSync(base)).toEqual([]);
});

test("it takes any JSON lines", () => {
  const path = join(base, "other.jsonl");
  writeFileSync(path, '{"type":"session"}\nnot json\n{"type":"message","message":{"role":"user"}}\n');
  const { status, stdout } = spawnSync(process.execPath, [MAIN, "--kills", "1", path], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, expect.stringContaining("Replaying 2 messages of 1 transcript")]);
});

test("a lost, a changed and a doubled message are found", async () => {
  const path = join(base, "sample.jsonl");
  writeFileSync(path, demoTranscript());
  const messages: Message[] = [];
  for await (const message of messagesOf(path)) messages.push(message);
  const found = async (stored: readonly Message[]): Promise<string[]> => {
    await using store = new SessionStore("memory:");
    const session = new AgentSession({ messages: stored });
    await store.save(session);
    return await differences(
      { path, messageCount: messages.length, sessionId: session.id, title: TITLE },
      store,
    );
  };
  const [first, ...others] = messages as [Message, ...Message[]];
  expect(await found(messages)).toEqual([]);
  expect(await found(messages.slice(0, -1))).toHaveLength(1);
  expect((await found([...others])).length).toBeGreaterThan(1);
  expect(await found([{ ...first, content: "changed" }, ...others])).toHaveLength(1);
  expect(await found([...messages, first])).toHaveLength(1);
});
