import type { Disk, Step } from "../../../src/engine/file/disk/disk.ts";
import type { SimProcess } from "../simulation/sim-process.ts";
import type { World } from "../simulation/world.ts";

/** Which documents one of our processes is about to replace: it has looked, and waits for its rename. */
export class Window {
  readonly #renames = new Map<string, number>();

  isOpen(path: string): boolean {
    return (this.#renames.get(path) ?? 0) > 0;
  }

  /** The disk of one of our processes, watched. */
  watch(disk: Disk): Disk {
    return new Proxy(disk, {
      get: (target, name: keyof Disk): unknown => {
        const method = target[name] as ((...args: unknown[]) => unknown) | undefined;
        if (name !== "rename") return method?.bind(target);
        return async (from: string, to: string, step: Step): Promise<void> => {
          this.#renames.set(to, (this.#renames.get(to) ?? 0) + 1);
          await target.rename(from, to, step).finally(() => {
            this.#renames.set(to, (this.#renames.get(to) ?? 1) - 1);
          });
        };
      },
    });
  }
}

/** Files as another program writes them: not through our engine, and not with its care. */
export class NeighbourFiles {
  readonly #world: World;
  readonly #process: SimProcess;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
  }

  read(path: string): Buffer | undefined {
    const node = this.#world.disk.find(path);
    return node?.kind === "file" ? node.content : undefined;
  }

  /** Into a file of the same name with an ending of its own, then the rename. */
  async replace(path: string, text: string, isSynced: boolean): Promise<void> {
    const aside = `${path}.${this.#process.life.name.replaceAll(" ", "-")}.tmp`;
    this.#world.disk.passTick();
    await this.#process.remove(aside, "temporary.remove");
    const file = this.#process.create(aside, "checkpoint.create");
    file.appendNow(Buffer.from(text), "checkpoint.write");
    if (isSynced) await file.sync("checkpoint.sync");
    file.close();
    await this.#process.rename(aside, path, "checkpoint.rename");
    if (isSynced) await this.#process.syncDirectory(directoryOf(path), "checkpoint.sync-directory");
  }

  /** Empties the file and writes it anew, as some editors do. @returns false when there is none. */
  async overwrite(path: string, text: string): Promise<boolean> {
    const file = this.#process.openToAppend(path);
    if (file === undefined) return false;
    this.#world.disk.passTick();
    file.truncate(0, "checkpoint.write");
    await this.#world.turn(this.#process.life);
    file.appendNow(Buffer.from(text), "checkpoint.write");
    await file.sync("checkpoint.sync");
    file.close();
    return true;
  }

  async remove(path: string): Promise<void> {
    await this.#process.remove(path, "remove.checkpoint");
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
