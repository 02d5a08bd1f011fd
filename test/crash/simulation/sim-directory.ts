import type { SimFile } from "./sim-file.ts";

export type SimNode = SimFile | SimDirectory;

/** A rename: its old name never goes before its new one is there. */
export interface Rename {
  readonly to: SimDirectory;
  readonly name: string;
}

/** What a name came to stand for. */
interface NameChange {
  readonly node: SimNode | undefined;
  /** The rename that took this name away. */
  readonly movedBy: Rename | undefined;
  /** The rename that gave it. */
  readonly givenBy: Rename | undefined;
}

/** A directory's names twice: as programs see them, and as the disk has them for certain. */
export class SimDirectory {
  readonly kind = "directory";
  readonly inode: bigint;
  links = 0;
  handles = 0;
  modified: bigint;
  readonly names = new Map<string, SimNode>();
  readonly #durable = new Map<string, SimNode>();
  /** By name, oldest first: what is not known to be on the disk. */
  readonly #changes = new Map<string, NameChange[]>();

  constructor(inode: bigint, modified: bigint) {
    this.inode = inode;
    this.modified = modified;
  }

  readonly size = 0;

  set(name: string, node: SimNode, givenBy?: Rename): void {
    this.#note(name, { node, movedBy: undefined, givenBy });
    this.names.set(name, node);
  }

  delete(name: string, movedBy?: Rename): void {
    this.#note(name, { node: undefined, movedBy, givenBy: undefined });
    this.names.delete(name);
  }

  #note(name: string, change: NameChange): void {
    const changes = this.#changes.get(name);
    if (changes === undefined) this.#changes.set(name, [change]);
    else changes.push(change);
  }

  /** All names are on the disk now. */
  synced(): void {
    for (const [name, changes] of [...this.#changes]) this.#settle(name, changes.length);
  }

  /** The first `count` changes of a name are on the disk. */
  #settle(name: string, count: number): void {
    const changes = this.#changes.get(name) ?? [];
    for (const { node, movedBy } of changes.splice(0, count)) {
      if (node === undefined) this.#durable.delete(name);
      else this.#durable.set(name, node);
      if (movedBy !== undefined) movedBy.to.#settleGiven(movedBy);
    }
    if (changes.length === 0) this.#changes.delete(name);
  }

  #settleGiven(rename: Rename): void {
    const at = (this.#changes.get(rename.name) ?? []).findIndex(({ givenBy }) => givenBy === rename);
    if (at >= 0) this.#settle(rename.name, at + 1);
  }

  /** Names whose fate is open, and how many changes each has seen. */
  get open(): readonly (readonly [name: string, changes: number])[] {
    return [...this.#changes].map(([name, changes]) => [name, changes.length]);
  }

  /** Lets the first `count` changes of a name reach the disk. */
  persist(name: string, count: number): void {
    this.#settle(name, count);
  }

  /** The names that are on the disk. */
  get durable(): ReadonlyMap<string, SimNode> {
    return this.#durable;
  }

  /** For an image that is all durable. */
  begin(name: string, node: SimNode): void {
    node.links++;
    this.names.set(name, node);
    this.#durable.set(name, node);
  }
}
