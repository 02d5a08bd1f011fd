import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Opens an address that nobody else may know, with this system's own opener. A command line is seen by everybody on the
 * machine: so what stands there is a file that leads to the address, for this user's eyes alone. It is gone when the
 * result is disposed of.
 */
export function openBrowser(url: string, note: (message: string) => void): Disposable {
  const folder = mkdtempSync(join(tmpdir(), "astrid-view-"));
  const file = join(folder, "open.html");
  writeFileSync(file, pageThatLeadsTo(url), { mode: 0o600, flag: "wx" });
  const [program, ...args] =
    process.platform === "darwin"
      ? ["open", file]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler", file]
        : ["xdg-open", file];
  const child = spawn(program ?? "", args, { stdio: "ignore", detached: true });
  child.once("error", () => note("No browser could be opened: open the address above yourself."));
  child.unref();
  return { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function pageThatLeadsTo(url: string): string {
  const target = url.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<!doctype html>
<meta charset="utf-8" />
<meta name="referrer" content="no-referrer" />
<meta http-equiv="refresh" content="0; url=${target}" />
<title>Sessions</title>
<a href="${target}">To the sessions</a>
`;
}
