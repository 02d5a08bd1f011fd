import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders for one run, removed at its end. */
export class Scratch {
  readonly root: string;
  #count = 0;

  /** @param parent on the disk that is to be measured; the system's folder for temporary files by default. */
  constructor(parent: string = tmpdir()) {
    this.root = mkdtempSync(join(parent, "astrid-sessions-bench-"));
  }

  /** A new folder. */
  folder(name: string): string {
    const path = join(this.root, `${this.#count++}-${name.replaceAll(/[^a-z0-9]+/gi, "-")}`);
    mkdirSync(path);
    return path;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
