import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { syncSessions } from "../../src/import.ts";
import { SessionStore } from "../../src/index.ts";
import { run, runJson } from "../cli/run.ts";
import { agentHome, id } from "./home.ts";
import { COMMAND } from "../command.ts";

const place = agentHome();

interface Source {
  readonly agent: string;
  readonly folder: string;
  readonly files: number;
  readonly new: number;
  readonly changed: number;
  readonly outcomes: Record<string, number>;
  readonly failed: readonly { readonly path: string }[];
  readonly wrong: readonly string[];
  readonly gone: readonly { readonly sessionId: string }[];
  readonly due: Record<string, unknown>;
}

/** Runs the command with `--json`. */
function sync(...args: readonly string[]): {
  readonly code: number | null;
  readonly sources: readonly Source[];
  readonly json: Record<string, unknown>;
} {
  const ran = runJson(place.store, "sync", ...args);
  return { code: ran.code, sources: (ran.json["sources"] ?? []) as readonly Source[], json: ran.json };
}

function sessionCount(): number {
  return runJson(place.store, "list").json.sessions.length;
}

test("without consent shows what is there and what the agent deletes, and brings in nothing; --yes does, and is remembered", () => {
  place.claude(id(1), ["one"]);
  place.claude(id(2), ["two", "three"], { daysOld: 26 });
  place.claude(id(3), ["four"], { daysOld: 40 });
  const shown = sync();
  expect(shown).toMatchObject({
    code: 2,
    json: { isAgreed: false },
    sources: [{ agent: "claude-code", files: 3, new: 3, changed: 0, due: { days: 30, soon: 2, overdue: 1 } }],
  });
  const told = run(place.store, "sync");
  expect(told.code).toBe(2);
  expect(told.out).toMatch(
    /Claude Code +\S+projects +3 +1\.0 kB +3 +0 +after 30 days, 1 at its next start, 1 more within a week/,
  );
  expect(told.err).toContain("--yes");
  expect(sessionCount()).toBe(0);

  expect(sync("--yes")).toMatchObject({ code: 0, sources: [{ outcomes: { created: 3, unchanged: 0 } }] });
  expect(sessionCount()).toBe(3);
  place.add(place.claude(id(1), ["one"]), id(1), 1, "more");
  place.claude(id(4), ["five"]);
  expect(sync()).toMatchObject({
    code: 0,
    sources: [{ outcomes: { created: 1, extended: 1, unchanged: 2 } }],
  });
  expect(statSync(join(place.store, "sync.json")).mode & 0o777).toBe(0o600);
});

test("Claude Code's own settings say when it deletes, and Gemini's whether it does", () => {
  place.claude(id(1), ["one"], { daysOld: 95 });
  place.write(".claude/settings.json", JSON.stringify({ cleanupPeriodDays: 99_999 }));
  place.write(
    ".gemini/tmp/p/chats/session-1.json",
    JSON.stringify({ sessionId: id(2), projectHash: "x", messages: [] }),
  );
  place.write(".gemini/settings.json", JSON.stringify({ general: { sessionRetention: { enabled: false } } }));
  expect(sync().sources).toMatchObject([
    { agent: "claude-code", due: { days: 99_999, soon: 0, said: join(place.home, ".claude/settings.json") } },
    { agent: "gemini", due: { days: null, next: null } },
  ]);
});

test("a folder counts once whatever its name, links are followed once, and the store is no source", () => {
  place.claude(id(1), ["one"], { folder: "real/projects/-p" });
  mkdirSync(join(place.home, ".claude"));
  symlinkSync(join(place.home, "real/projects"), join(place.home, ".claude/projects"));
  symlinkSync(join(place.home, "real/projects"), join(place.home, "real/projects/loop"));
  const twice = sync("--yes", "--from", `claude-code=${join(place.home, "real/projects")}`);
  expect(twice).toMatchObject({ code: 0, sources: [{ files: 1, outcomes: { created: 1 } }] });
  expect(twice.sources).toHaveLength(1);
  expect(sync("--yes", "--from", `claude-code=${place.store}`)).toMatchObject({
    code: 2,
    json: { error: { code: "INVALID_ARGUMENT" } },
  });
  expect(sync("--from", "nobody=/tmp")).toMatchObject({ code: 2 });
  const missing = sync("--yes", "--from", "codex=/tmp/there-is-no-such-folder");
  expect(missing).toMatchObject({ code: 2, json: { error: { code: "USAGE" } } });
  expect(JSON.stringify(missing.json)).toContain("There is no folder /tmp/there-is-no-such-folder.");
  expect(sync("--from", "/tmp")).toMatchObject({ code: 2, json: { error: { code: "USAGE" } } });
});

test("a store that lies in a given folder is passed over", () => {
  place.claude(id(1), ["one"], { folder: "all/backup" });
  const store = join(place.home, "all", "store");
  const args = ["sync", "--yes", "--from", `claude-code=${join(place.home, "all")}`];
  expect(runJson(store, ...args).json["sources"]).toMatchObject([{ files: 1, outcomes: { created: 1 } }]);
  expect(runJson(store, "sync").json["sources"]).toMatchObject([{ files: 1, outcomes: { unchanged: 1 } }]);
});

test("the agents' variables move their folders; Codex's copies beside a plain file count once", () => {
  const line = JSON.stringify({
    timestamp: "2026-01-05T09:00:00Z",
    type: "session_meta",
    payload: { id: id(7) },
  });
  place.write("elsewhere/sessions/2026/01/05/rollout-a.jsonl", `${line}\n`);
  place.write("elsewhere/sessions/2026/01/05/rollout-a.jsonl.zst", "a copy");
  place.write("elsewhere/sessions/history.jsonl", `${line}\n`);
  vi.stubEnv("CODEX_HOME", join(place.home, "elsewhere"));
  expect(sync().sources).toMatchObject([{ agent: "codex", files: 1 }]);
});

test("status is well only when everything was tried", () => {
  expect(sync("--status")).toMatchObject({ code: 1, json: { isWell: false }, sources: [] });
  expect(sync()).toMatchObject({ code: 3 });
  const path = place.claude(id(1), ["one"]);
  expect(sync("--status")).toMatchObject({
    code: 1,
    sources: [{ wrong: [expect.stringContaining("agreed")] }],
  });
  sync("--yes");
  expect(sync("--status")).toMatchObject({ code: 0, json: { isWell: true } });

  const bad = place.write(".claude/projects/-p/bad.jsonl", "\0\0\0");
  expect(sync()).toMatchObject({ code: 4, sources: [{ failed: [{ path: bad }] }] });
  expect(sync("--status")).toMatchObject({ code: 1, sources: [{ wrong: ["1 file could not be taken."] }] });
  rmSync(bad);
  expect(sync().code).toBe(0);

  const memory = join(place.store, "sync.json");
  const before = readFileSync(memory, "utf8");
  writeFileSync(memory, before.replace(/"at": "[^"]+"/, '"at": "2026-01-01T00:00:00.000Z"'));
  expect(sync("--status")).toMatchObject({
    code: 1,
    sources: [{ wrong: [expect.stringContaining("last looked at")] }],
  });
  writeFileSync(memory, before.replace('"isComplete": true', '"isComplete": false'));
  expect(sync("--status")).toMatchObject({
    code: 1,
    sources: [{ wrong: ["The last look was not finished."] }],
  });
  writeFileSync(memory, before);
  renameSync(join(place.home, ".claude"), join(place.home, "away"));
  expect(sync("--status")).toMatchObject({ code: 1, sources: [{ wrong: ["The folder is gone."] }] });
  expect(sync()).toMatchObject({ code: 4 });
  renameSync(join(place.home, "away"), join(place.home, ".claude"));

  writeFileSync(memory, "damaged");
  expect(sync("--status").code).toBe(1);
  expect(statSync(path).size).toBeGreaterThan(0);
});

test("status lists what the agent deleted since, also when the ledger is gone", () => {
  place.claude(id(1), ["one"]);
  const path = place.claude(id(2), ["two"]);
  sync("--yes");
  rmSync(path);
  expect(sync("--status").sources).toMatchObject([{ files: 1, gone: [{ sessionId: id(2), path }] }]);
  rmSync(join(place.store, "imports.sqlite"));
  expect(sync("--status").sources).toMatchObject([{ files: 1, gone: [{ sessionId: id(2), path }] }]);
  expect(run(place.store, "sync", "--status").out).toContain("deleted 1 session that");
  expect(run(place.store, "rm", id(2)).code).toBe(0);
  expect(sync("--status").sources).toMatchObject([{ gone: [] }]);
});

test("a session in the trash stays there, and consent can be taken back", () => {
  place.claude(id(1), ["one"]);
  sync("--yes");
  run(place.store, "rm", id(1));
  expect(sync()).toMatchObject({ code: 0, sources: [{ outcomes: { "in trash": 1 } }] });
  expect(sync("--status")).toMatchObject({ sources: [{ new: 0, changed: 0 }] });
  expect(run(place.store, "sync", "--forget", join(place.home, ".claude/projects")).code).toBe(0);
  expect(sync().code).toBe(2);
  expect(run(place.store, "sync", "--forget", "/nowhere").code).toBe(2);
});

test("a place that cannot be looked at is told, and the rest is taken", () => {
  place.claude(id(1), ["one"]);
  const circle = join(place.home, ".claude/projects/-p/circle.jsonl");
  symlinkSync(circle, circle);
  expect(sync("--yes")).toMatchObject({
    code: 4,
    sources: [
      {
        outcomes: { created: 1 },
        failed: [{ path: circle, reason: "its symbolic links go round in circles" }],
      },
    ],
  });
});

test("a start-up file has absolute paths and the agents' variables, and is only printed", () => {
  vi.stubEnv("CODEX_HOME", '/odd "dir" 100%');
  const unit = run("/s", "--store", "rel/store", "sync", "--service", "systemd", "--from", "codex=backup");
  expect(unit.code).toBe(0);
  const start = /^ExecStart=(.*)$/m.exec(unit.out)?.[1] ?? "";
  expect(start.split(" ").filter((word) => word.includes("/"))).toEqual([
    process.execPath,
    COMMAND,
    join(process.cwd(), "rel/store"),
    `codex=${join(process.cwd(), "backup")}`,
  ]);
  expect(start).toContain(" sync --watch ");
  expect(unit.out).toContain('Environment="CODEX_HOME=/odd \\"dir\\" 100%%"\n');
  const plist = run("/s", "sync", "--service", "launchd").out;
  expect(plist).toContain("<string>--watch</string>");
  expect(plist).toContain("<key>ASTRID_SESSIONS_STORE</key>\n    <string>/s</string>");
  expect(run("/s", "sync", "--service", "cron").code).toBe(2);
});

test("the library brings in the same, and tells each file", async () => {
  place.claude(id(1), ["one"]);
  await using store = new SessionStore("memory:");
  const told: string[] = [];
  const first = await syncSessions(store, {
    env: { HOME: place.home },
    onFile: ({ sessionId }) => told.push(sessionId),
  });
  expect(first).toMatchObject({
    isInterrupted: false,
    sources: [{ agent: "claude-code", files: 1, outcomes: { created: 1 } }],
  });
  expect(told).toEqual([id(1)]);
  const given = await syncSessions(store, {
    env: {},
    from: [{ agent: "claude-code", folder: join(place.home, ".claude") }],
    signal: AbortSignal.abort(),
  });
  expect(given).toMatchObject({ isInterrupted: true, sources: [{ isComplete: false }] });
});
