import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { homeOf } from "../../src/importers/homes.ts";
import { syncSessions } from "../../src/importers/sync/sync-sessions.ts";
import { insert, opencode, openDatabase, CRUSH, GOOSE, OPENCODE } from "./databases.ts";
import { importPlace } from "./place.ts";

const place = importPlace();

test("databases are found in their agents' folders, Crush's in the projects that it lists", async () => {
  const home = join(place.base, "home");
  const data = join(home, ".local/share");
  const project = join(place.base, "project");
  const db = openDatabase(data, "opencode/opencode.db", OPENCODE);
  insert(db, "session", opencode.session("ses_1"));
  db.close();
  // Neither sessions nor databases: not even looked at.
  mkdirSync(join(data, "opencode/snapshot/x"), { recursive: true });
  openDatabase(join(data, "opencode/snapshot/x"), "other.db", OPENCODE).close();
  const goose = openDatabase(data, "goose/sessions/sessions.db", GOOSE);
  insert(goose, "sessions", { id: "20260110_1", working_dir: "/p", created_at: "2026-01-10 02:00:00" });
  goose.close();
  const crush = openDatabase(project, ".crush/crush.db", CRUSH);
  insert(crush, "sessions", { id: "c", title: "t", created_at: 1_768_010_906, updated_at: 1_768_010_906 });
  crush.close();
  mkdirSync(join(data, "crush"), { recursive: true });
  writeFileSync(
    join(data, "crush/projects.json"),
    JSON.stringify({
      projects: [{ path: project, data_dir: ".crush" }, { path: "/gone", data_dir: "/gone/.crush" }, 7],
    }),
  );
  const env = { HOME: home };
  expect(homeOf("crush")?.folders(env)).toEqual([join(project, ".crush"), "/gone/.crush"]);
  const { sources } = await syncSessions(place.store, { env });
  expect(
    sources.map(({ agent, files, outcomes, failed }) => [agent, files, outcomes.created, failed]),
  ).toEqual([
    ["opencode", 1, 1, []],
    ["goose", 1, 1, []],
    ["crush", 1, 1, []],
  ]);
});

test("each profile of OpenClaw has a home of its own, and its sessions are found", async () => {
  const home = join(place.base, "home");
  const sessions = ".openclaw-work/agents/main/sessions";
  for (const folder of [sessions, ".openclaw-Z", ".openclawish", ".openclaw/agents"])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, ".openclaw-file"), "");
  const line = (record: object): string => `${JSON.stringify(record)}\n`;
  writeFileSync(
    join(home, sessions, "s.jsonl"),
    line({
      type: "session",
      version: 3,
      timestamp: "2026-01-10T02:00:00.000Z",
      id: "5f2d7c1e-0000-4000-8000-000000000001",
      cwd: "/p",
    }) + line({ type: "message", id: "a", parentId: null, message: { role: "user", content: "hello" } }),
  );
  const env = { HOME: home };
  expect(homeOf("openclaw")?.folders(env)).toEqual(
    [".openclaw", ".openclaw-Z", ".openclaw-file", ".openclaw-work"].map((name) =>
      join(home, name, "agents"),
    ),
  );
  expect(homeOf("openclaw")?.folders({ HOME: join(home, "gone") })).toEqual([
    join(home, "gone/.openclaw/agents"),
  ]);
  const { sources } = await syncSessions(place.store, { env });
  expect(sources.map(({ agent, outcomes, failed }) => [agent, outcomes.created, failed])).toContainEqual([
    "openclaw",
    1,
    [],
  ]);
});
