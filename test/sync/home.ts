import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** Variables that lead agents elsewhere. */
const MOVERS = [
  "CLAUDE_CONFIG_DIR",
  "CODEX_HOME",
  "GEMINI_CLI_HOME",
  "COPILOT_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "APPDATA",
  "ASTRID_HOME",
];

/** A home of its own, with agents' folders in it, for each test of the file that asks for it. */
export class AgentHomePlace {
  home = "";
  store = "";

  /** Writes a transcript of Claude Code with these prompts, old enough to be known again; its path. */
  claude(
    id: string,
    prompts: readonly string[],
    { folder = ".claude/projects/-p", daysOld = 1 } = {},
  ): string {
    const path = join(this.home, folder, `${id}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, prompts.map((prompt, index) => claudeLine(id, index, prompt)).join(""));
    this.age(path, daysOld);
    return path;
  }

  /** Adds a prompt to such a file. */
  add(path: string, id: string, index: number, prompt: string): void {
    appendFileSync(path, claudeLine(id, index, prompt));
  }

  age(path: string, days: number): void {
    const time = new Date(Date.now() - days * 86_400_000);
    utimesSync(path, time, time);
  }

  write(path: string, text: string): string {
    const whole = join(this.home, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  }
}

export function claudeLine(id: string, index: number, prompt: string): string {
  return `${JSON.stringify({
    ...{ type: "user", uuid: `${id}-${index}`, parentUuid: index === 0 ? null : `${id}-${index - 1}` },
    ...{ sessionId: id, cwd: "/p", version: "2.1.0", message: { role: "user", content: prompt } },
    timestamp: `2026-01-05T09:00:${String(index % 60).padStart(2, "0")}.000Z`,
  })}\n`;
}

export function id(count: number): string {
  return `aaaaaaaa-0000-4000-8000-${String(count).padStart(12, "0")}`;
}

export function agentHome(): AgentHomePlace {
  const place = new AgentHomePlace();
  beforeEach(() => {
    place.home = realpathSync(mkdtempSync(join(tmpdir(), "astrid-sync-")));
    place.store = join(place.home, "store");
    vi.stubEnv("HOME", place.home);
    for (const name of MOVERS) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(place.home, { recursive: true, force: true });
  });
  return place;
}
