import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mount, run, unmount } from "./tools.ts";

export type FileSystem = "xfs" | "ext4";

const MAKE: Record<FileSystem, { readonly megabytes: number; readonly command: readonly string[] }> = {
  xfs: { megabytes: 300, command: ["mkfs.xfs", "-q", "-f"] },
  ext4: { megabytes: 64, command: ["mkfs.ext4", "-q", "-F"] },
};

/** Without this, ext4 hides that a file was not synced before it was renamed. */
const OPTIONS: Record<FileSystem, string> = { xfs: "loop", ext4: "loop,noauto_da_alloc" };

/** A file system of its own, in a file, whose power can be cut. */
export class LoopImage {
  /** Where it is mounted. */
  readonly root: string;
  readonly #image: string;
  readonly #kind: FileSystem;
  #mounted = false;

  constructor(directory: string, kind: FileSystem, megabytes = MAKE[kind].megabytes) {
    this.#kind = kind;
    this.#image = join(directory, `${kind}.image`);
    this.root = join(directory, `${kind}.mounted`);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, megabytes * 2 ** 20);
    mkdirSync(this.root, { recursive: true });
    const [command = "", ...args] = MAKE[kind].command;
    run(command, ...args, this.#image);
    this.mount();
  }

  mount(): void {
    mount(this.root, "-t", this.#kind, "-o", OPTIONS[this.#kind], this.#image);
    this.#mounted = true;
  }

  unmount(): void {
    if (!this.#mounted) return;
    unmount(this.root);
    this.#mounted = false;
  }

  /**
   * Lets the system write single pages only. Linux takes a longer write as done when the file behind a loop device
   * has taken a part of it: a device that lies, which is not what is to be tested.
   */
  writeSinglePages(): void {
    const device = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .find((line) => line.split(" ")[1] === this.root)
      ?.split(" ")[0];
    if (device === undefined) throw new Error(`${this.root} is not mounted`);
    writeFileSync(`/sys/block/${basename(device)}/queue/max_sectors_kb`, "4");
  }

  /** Nothing reaches the disk from here on, not even the file system's own log. */
  cutPower(): void {
    run("xfs_io", "-x", "-c", "shutdown", this.root);
  }

  remove(): void {
    this.unmount();
    rmSync(this.#image, { force: true });
    rmSync(this.root, { recursive: true, force: true });
  }
}
