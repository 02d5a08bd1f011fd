import type { Disk, Step } from "../../../src/engine/file/disk/disk.ts";
import { changeOrDie, type SimProcess } from "../simulation/sim-process.ts";
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

/** Called when a document is replaced or emptied, before anything else can happen. */
export type OnWrite = (before: Buffer | undefined) => void;

/** Files as another program writes them: not through our engine, and not with its care. */
export class NeighbourFiles {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #written: Set<string>;

  /** @param written the documents that programs beside us wrote. */
  constructor(world: World, process: SimProcess, written: Set<string>) {
    this.#written = written;
    this.#world = world;
    this.#process = process;
  }

  read(path: string): Buffer | undefined {
    const node = this.#world.disk.find(path);
    return node?.kind === "file" ? node.content : undefined;
  }

  /** Whether a program beside us wrote a document, and not our engine. */
  isTheirs(document: Buffer): boolean {
    return this.#written.has(document.toString());
  }

  /**
   * Into a file of the same name with an ending of its own, then the rename.
   * @param onWrite told at that very moment what stood there.
   */
  async replace(path: string, text: string, isSynced: boolean, onWrite: OnWrite): Promise<void> {
    const aside = `${path}.${this.#process.life.name.replaceAll(" ", "-")}.tmp`;
    this.#world.disk.passTick();
    this.#written.add(text);
    await this.#process.remove(aside, "temporary.remove");
    const file = this.#process.create(aside, "checkpoint.create");
    file.appendNow(Buffer.from(text), "checkpoint.write");
    if (isSynced) await file.sync("checkpoint.sync");
    file.close();
    await this.#world.turn(this.#process.life);
    await changeOrDie(this.#world, this.#process.life, "checkpoint.rename", `rename ${aside} ${path}`);
    onWrite(this.read(path));
    this.#world.disk.rename(aside, path);
    if (isSynced) await this.#process.syncDirectory(directoryOf(path), "checkpoint.sync-directory");
  }

  /** Empties the file and writes it anew, as some editors do. @param onWrite told what stood there. */
  async overwrite(path: string, text: string, onWrite: OnWrite): Promise<void> {
    const file = this.#process.openToAppend(path);
    if (file === undefined) return;
    this.#world.disk.passTick();
    this.#written.add(text);
    const before = this.read(path);
    file.truncate(0, "checkpoint.write");
    onWrite(before);
    await this.#world.turn(this.#process.life);
    file.appendNow(Buffer.from(text), "checkpoint.write");
    await file.sync("checkpoint.sync");
    file.close();
  }

  async remove(path: string): Promise<void> {
    await this.#process.remove(path, "remove.checkpoint");
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
