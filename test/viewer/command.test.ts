import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import { serveViewer } from "../../src/viewer.ts";
import type { SessionList } from "../../src/viewer/shapes.ts";
import { run } from "../cli/run.ts";
import { saved } from "./sample-store.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "astrid-view-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(["SIGINT", "SIGTERM"] as const)(
  "view prints its address, serves, and ends with %s",
  async (signal) => {
    await using store = new SessionStore(folder);
    await saved(store, [Message.user("Hello")], { title: "Greeting" });
    const child = spawn(process.execPath, [MAIN, "--store", folder, "view"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const welcome = await fetch(line, { redirect: "manual" });
    const cookie = welcome.headers.get("set-cookie")?.split(";")[0] ?? "";
    const response = await fetch(new URL("api/sessions", line), { headers: { cookie } });
    const { sessions } = (await response.json()) as SessionList;
    expect(sessions.map(({ title }) => title)).toEqual(["Greeting"]);
    // Someone watches while it ends.
    const watching = await fetch(new URL("api/events", line), { headers: { cookie } });
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([0, null]);
    await watching.text().catch(() => undefined);
  },
);

test("view says what is wrong with where it is to listen", async () => {
  await using viewer = await serveViewer(new SessionStore("memory:"));
  const taken = run(folder, "view", "--port", String(viewer.port));
  expect([taken.code, taken.err]).toEqual([1, expect.stringContaining("is taken: choose another --port.")]);
  expect(run(folder, "view", "--host", "0.0.0.0").code).toBe(2);
  expect(run(folder, "view", "--port", "99999").code).toBe(2);
  expect(run(folder, "view", "--host", "203.0.113.9").code).toBe(2);
});
