import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Prints what Node has loaded of itself when the process ends. */
const LOADED = `data:text/javascript,process.on("exit",()=>console.error(JSON.stringify(process.moduleLoadList)))`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "start-"));
  const bundled = node([join(ROOT, "scripts/bundle-cli.mjs"), join(folder, "dist")]);
  if (bundled.status !== 0) throw new Error(bundled.stderr);
  cpSync(join(ROOT, "bin"), join(folder, "bin"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the command as it ships", () => {
  it("lists, and loads none of the parts of Node that a list does not use", async () => {
    const place = join(folder, "sessions");
    await using store = new SessionStore(place);
    await store.save(
      new AgentSession({ messages: [Message.user("Hello")], metadata: { title: "Greeting" } }),
    );
    const { status, stdout, stderr } = command(["--import", LOADED], "--store", place, "list");
    expect([status, stdout]).toEqual([0, expect.stringContaining("Greeting")]);
    const loaded = JSON.parse(stderr.trim()) as string[];
    const late = ["child_process", "fs/promises", "crypto", "readline", "http", "inspector"];
    expect(loaded.filter((name) => late.includes(name.replace("NativeModule ", "")))).toEqual([]);
  });

  it("still has what is loaded late", () => {
    const place = join(folder, "empty");
    // It looks for the directory's workspace by what `node:fs/promises` has.
    expect(command([], "--store", place, "list", "--workspace", folder).status).toBe(0);
    const file = join(folder, "export.jsonl");
    const failed = command([], "--store", place, "import", file);
    expect([failed.status, failed.stdout + failed.stderr]).toEqual([4, expect.stringContaining(file)]);
  });
});

function command(options: readonly string[], ...args: string[]): ReturnType<typeof node> {
  return node([...options, join(folder, "bin/astrid-sessions.js"), ...args]);
}

function node(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}
