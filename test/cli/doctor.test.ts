import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { journalPath, storedSession, temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

/** Nothing of the session can be read: no checkpoint, and a journal of other bytes. */
function ruin(directory: string, id: string): void {
  rmSync(join(directory, `${id}.json`), { force: true });
  writeFileSync(journalPath(directory, id), "garbage\n");
}

/** One message in the middle of the journal is another one, and no checkpoint covers it. */
function damage(directory: string, id: string): void {
  rmSync(join(directory, `${id}.json`), { force: true });
  const path = journalPath(directory, id);
  writeFileSync(path, readFileSync(path, "utf8").replace("message 2", "message X"));
}

test("a session of which nothing is left keeps no other from being repaired", async () => {
  const directory = temporaryDirectory();
  const [gone, damaged, good] = [
    await storedSession(directory, 5, "Gone"),
    await storedSession(directory, 5, "Damaged"),
    await storedSession(directory, 5, "Good"),
  ];
  ruin(directory, gone);
  damage(directory, damaged);
  const { code, out } = run(directory, "doctor", "--repair");
  expect(code).toBe(4);
  expect(out).toContain(`gone  ${gone}`);
  expect(out).toContain(`repaired  ${damaged}`);
  expect(out).toContain("3 sessions: 2 ok, 1 gone.");
  expect(readdirSync(join(directory, "quarantine")).join()).toContain(gone);
  expect(run(directory, "doctor")).toMatchObject({ code: 0, out: "2 sessions: 2 ok.\n" });
  expect(run(directory, "show", good).out).toContain("message 4");
});

test("several are gone: each is told, with its state, in JSON too", async () => {
  const directory = temporaryDirectory();
  const ids = [await storedSession(directory, 2), await storedSession(directory, 2)];
  for (const id of ids) ruin(directory, id);
  const { code, json } = runJson(directory, "doctor", "--repair");
  expect(code).toBe(4);
  expect(json).toMatchObject({ ok: 0, repairable: 0, damaged: 0, gone: 2, unreadable: [] });
  expect(json.sessions).toHaveLength(2);
  for (const session of json.sessions) expect(session).toMatchObject({ state: "gone" });
});

test("what is found and what is done is told once", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 5);
  damage(directory, id);
  for (const parameters of [["doctor"], ["doctor", "--repair"]]) {
    const { out, err } = run(directory, ...parameters);
    const told = `${out}${err}`.split("\n").map((line) => line.replace(/^ *(found|done): /, "").trim());
    const lines = told.filter((line) => line !== "");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines).toEqual([...new Set(lines)]);
  }
});

test("calls without a result and results without a call are told with their sessions, and are no damage", async () => {
  const directory = temporaryDirectory();
  await storedSession(directory, 2);
  const session = new AgentSession({
    messages: [
      Message.toolCalls([
        { id: "a", name: "read", arguments: {} },
        { id: "b", name: "read", arguments: {} },
      ]),
      Message.toolResult({ callId: "c", content: "" }),
    ],
  });
  await using store = new SessionStore(directory);
  await store.save(session);
  const { code, out } = run(directory, "doctor");
  expect(code).toBe(0);
  expect(out).toBe(
    `ok  ${session.id}\n  has: 2 calls without a result, 1 result without a call\n2 sessions: 2 ok.\n` +
      "In 1 session: 2 calls without a result, 1 result without a call; no model is sent them.\n",
  );
  expect(runJson(directory, "doctor").json.sessions).toMatchObject([
    {
      id: session.id,
      state: "ok",
      findings: [],
      unpaired: [
        { kind: "call", position: 0, callId: "a", name: "read" },
        { kind: "call", position: 0, callId: "b", name: "read" },
        { kind: "result", position: 1, callId: "c" },
      ],
    },
  ]);
});
