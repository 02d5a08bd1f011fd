import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import { serveViewer } from "../../src/viewer.ts";
import type { SessionList } from "../../src/viewer/shapes.ts";
import { run } from "../cli/run.ts";
import { saved } from "./sample-store.ts";
import { COMMAND } from "../command.ts";

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
    const child = spawn(process.execPath, [COMMAND, "--store", folder, "view"], {
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

test.skipIf(process.platform !== "linux")(
  "view --open tells the address to no command line, but in a file for this user's eyes, which goes with it",
  async () => {
    const opened = join(folder, "opened");
    const opener = join(folder, "xdg-open");
    // As a browser: it takes a name, and reads the file later.
    writeFileSync(
      opener,
      `#!/bin/sh\nprintf '%s\\n' "$@" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`,
    );
    chmodSync(opener, 0o755);
    const child = spawn(process.execPath, [COMMAND, "--store", join(folder, "store"), "view", "--open"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    await expect.poll(() => existsSync(opened), { timeout: 60_000 }).toBe(true);
    const [file = "", ...more] = readFileSync(opened, "utf8").trim().split("\n");
    expect(more).toEqual([]);
    expect(file).not.toContain(new URL(line).searchParams.get("token"));
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readFileSync(file, "utf8")).toContain(`url=${line}"`);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(dirname(file))).toBe(false);
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
