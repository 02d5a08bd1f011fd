import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ImportRun } from "../../src/importers/import.ts";
import { ledgerIn } from "../../src/importers/store/import-ledger.ts";
import { AgentSession, SessionStore } from "../../src/index.ts";
import { run } from "../cli/run.ts";
import { insert, opencode, OPENCODE, openDatabase } from "../importers/databases.ts";
import { agentHome } from "./home.ts";
import { COMMAND } from "../command.ts";

const place = agentHome();

/** A database of opencode with so many small sessions. */
function database(count: number): string {
  const db = openDatabase(place.home, "opencode.db", OPENCODE);
  db.exec("BEGIN");
  for (let at = 0; at < count; at++) {
    const session = `ses_${String(at).padStart(6, "0")}`;
    insert(db, "session", opencode.session(session, { time_updated: 1_767_600_000_000 + at }));
    insert(db, "message", opencode.message(session, `msg_${session}`, at, { role: "user" }));
    const part = { type: "text", text: `prompt ${at}` };
    insert(db, "part", opencode.part(session, `msg_${session}`, `prt_${session}`, part));
  }
  db.exec("COMMIT");
  db.close();
  return join(place.home, "opencode.db");
}

test("an import of a database ends behind the session at hand, tells what it took, and goes on the next time", async () => {
  const path = database(150);
  await using store = new SessionStore(place.store);
  const interrupted = new AbortController();
  let told = 0;
  const onProgress = (): void => {
    if (++told === 100) interrupted.abort();
  };
  const options = { ledger: ledgerIn(place.store), packAfterMs: 0 };
  // The store's folder, which the ledger lies in, is made with its first session.
  await store.save(new AgentSession());
  const first = new ImportRun(store, { ...options, signal: interrupted.signal, onProgress });
  const { others } = await first.file(path);
  first.close();
  expect(others.length + 1).toBeLessThan(150);
  const taken = new Set(await store.list());
  for (const { sessionId } of others) expect(taken).toContain(sessionId);
  const again = new ImportRun(store, options);
  const { others: all } = await again.file(path);
  again.close();
  expect(all).toHaveLength(149);
  const count = (outcome: string): number => all.filter((one) => one.outcome === outcome).length;
  expect(count("unchanged")).toBeGreaterThanOrEqual(others.length);
  expect(count("unchanged") + count("created")).toBe(149);
});

test("Ctrl-C within a database sums up, leaves nothing in tmp/, and the next import completes it", async () => {
  const path = database(300);
  const env = { ...process.env, ASTRID_SESSIONS_STORE: place.store };
  const child = spawn(process.execPath, [COMMAND, "import", path], { env });
  let out = "";
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (out += text.toString()));
  const journals = (): number =>
    existsSync(place.store) ? readdirSync(place.store).filter((name) => name.endsWith(".jsonl")).length : 0;
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  let sent = false;
  while (child.exitCode === null && child.signalCode === null) {
    if (!sent && journals() > 0) sent = child.kill("SIGINT");
    await new Promise((resolve) => setImmediate(resolve));
  }
  const code = await ended;
  expect(out).toMatch(/\d+ created/);
  // On a quick machine all of it may have been taken in before the signal came.
  if (code !== 0) {
    expect(code).toBe(130);
    expect(out).toContain("interrupted: import again to go on");
  }
  expect(readdirSync(join(place.store, "tmp"))).toEqual([]);
  expect(run(place.store, "import", path).code).toBe(0);
  expect(journals()).toBe(300);
});
