import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian's browser, or another of its kind, on the PATH; none is ever downloaded. */
export function findChromium(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter))
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Elsewhere, perhaps.
      }
    }
  return undefined;
}
