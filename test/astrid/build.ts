import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The program with Astrid's own store; `undefined` where there is no cargo to build it. */
    astridPeer: string | undefined;
  }
}

/**
 * Builds Astrid's side once for all tests: minutes the first time, seconds afterwards. What cargo makes stays in the
 * user's cache, outside of the checkout.
 */
export default function setup({ provide }: TestProject): void {
  if (spawnSync("cargo", ["--version"]).status !== 0) {
    console.warn(
      "\nTHERE IS NO CARGO: NOTHING IS TESTED AGAINST ASTRID ITSELF. Install Rust to run these tests.\n",
    );
    provide("astridPeer", undefined);
    return;
  }
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const target = process.env["CARGO_TARGET_DIR"] ?? join(cache, "astrid-sessions", "test-astrid");
  const built = spawnSync(
    "cargo",
    ["build", "--locked", "--manifest-path", join(import.meta.dirname, "Cargo.toml")],
    {
      env: { ...process.env, CARGO_TARGET_DIR: target },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  if (built.status !== 0)
    throw new Error(`Astrid's side was not built: cargo ended with ${String(built.status)}.`);
  provide(
    "astridPeer",
    join(target, "debug", process.platform === "win32" ? "astrid-peer.exe" : "astrid-peer"),
  );
}
