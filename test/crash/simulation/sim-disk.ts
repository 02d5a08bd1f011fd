import { SimDirectory, type Rename, type SimNode } from "./sim-directory.ts";
import { SimFile } from "./sim-file.ts";
import type { Random } from "./random.ts";

/** Files are changed this often within one tick of the clock that stamps them. */
const CHANGES_PER_TICK = 8;
/** In milliseconds. */
const TICK = 4;

/** A file system with a page cache: what it shows, and what of that a power cut leaves. Errors carry `code`. */
export class SimDisk {
  readonly root: SimDirectory;
  readonly #free: bigint[] = [];
  #nextInode = 2n;
  #changes = 0;
  /** What the machine's clock was set by. */
  clock = 0;

  constructor() {
    this.root = new SimDirectory(1n, 0n);
  }

  /** Nanoseconds since 1970. */
  get now(): bigint {
    const ticks = Math.floor(this.#changes / CHANGES_PER_TICK) * TICK;
    return BigInt(1_700_000_000_000 + this.clock + ticks) * 1_000_000n;
  }

  /** Nothing happens for so long that the next change has another time. */
  passTick(): void {
    this.#changes += CHANGES_PER_TICK;
  }

  find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.root;
    for (const name of partsOf(path)) {
      if (node?.kind !== "directory") return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  directory(path: string): SimDirectory {
    const node = this.find(path);
    if (node === undefined) throw systemError("ENOENT", path);
    if (node.kind !== "directory") throw systemError("ENOTDIR", path);
    return node;
  }

  createFile(path: string): SimFile {
    const { directory, name } = this.#place(path);
    if (directory.names.has(name)) throw systemError("EEXIST", path);
    const file = new SimFile(this.#newInode(), this.now);
    file.links++;
    directory.set(name, file);
    this.#touch(directory);
    return file;
  }

  createDirectory(path: string): boolean {
    const { directory, name } = this.#place(path);
    if (directory.names.has(name)) return false;
    const made = new SimDirectory(this.#newInode(), this.now);
    made.links++;
    directory.set(name, made);
    this.#touch(directory);
    return true;
  }

  link(from: string, to: string): boolean {
    const node = this.find(from);
    if (node?.kind !== "file") throw systemError("ENOENT", from);
    const { directory, name } = this.#place(to);
    if (directory.names.has(name)) return false;
    node.links++;
    directory.set(name, node);
    this.#touch(directory);
    return true;
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const node = source.directory.names.get(source.name);
    if (node === undefined) throw systemError("ENOENT", from);
    const target = this.#place(to);
    const replaced = target.directory.names.get(target.name);
    if (replaced === node) return;
    const rename: Rename = { to: target.directory, name: target.name };
    target.directory.set(target.name, node, rename);
    source.directory.delete(source.name, rename);
    if (replaced !== undefined) this.release(replaced, "links");
    this.#touch(source.directory);
    this.#touch(target.directory);
  }

  remove(path: string): void {
    const { directory, name } = this.#place(path);
    const node = directory.names.get(name);
    if (node === undefined) return;
    if (node.kind === "directory" && node.names.size > 0) throw systemError("ENOTEMPTY", path);
    directory.delete(name);
    this.release(node, "links");
    this.#touch(directory);
  }

  /** A name or a handle less; without any the inode number is free, and soon used again. */
  release(node: SimNode, what: "links" | "handles"): void {
    node[what]--;
    if (node.links === 0 && node.handles === 0) this.#free.push(node.inode);
  }

  changed(node: SimNode): void {
    this.#touch(node);
  }

  /**
   * The disk as it may be after the power went: everything on it is durable, nothing is open.
   * @param losesBlocks whether files often lack single blocks of what was written.
   */
  afterPowerCut(random: Random, losesBlocks = false): SimDisk {
    const every = random.weighted<"none" | "all" | "some">([
      [2, "none"],
      [2, "all"],
      [5, "some"],
    ]);
    for (const directory of this.#directories()) {
      for (const [name, count] of directory.open) {
        const chosen = every === "none" ? 0 : every === "all" ? count : random.below(count + 1);
        if (chosen > 0) directory.persist(name, chosen);
      }
    }
    return this.#image(
      (file) => file.afterPowerCut(random, losesBlocks),
      (directory) => directory.durable,
    );
  }

  /**
   * Every disk that a power cut may leave: the blocks of the file at `path` in any combination, the rest as programs
   * see it.
   */
  *images(path: string): Generator<SimDisk> {
    const node = this.find(path);
    if (node?.kind !== "file") return;
    for (const content of node.images()) {
      yield this.#image(
        (file) => (file === node ? content : file.content),
        (directory) => directory.names,
      );
    }
  }

  /** A copy of what programs see, all of it durable. */
  copy(): SimDisk {
    return this.#image(
      (file) => file.content,
      (directory) => directory.names,
    );
  }

  #image(
    contentOf: (file: SimFile) => Buffer,
    namesOf: (directory: SimDirectory) => ReadonlyMap<string, SimNode>,
  ): SimDisk {
    const image = new SimDisk();
    image.#changes = this.#changes;
    image.clock = this.clock;
    const copies = new Map<SimNode, SimNode>();
    const copy = (node: SimNode): SimNode => {
      const known = copies.get(node);
      if (known !== undefined) return known;
      const made =
        node.kind === "file"
          ? new SimFile(node.inode, node.modified, contentOf(node))
          : new SimDirectory(node.inode, node.modified);
      copies.set(node, made);
      if (node.kind === "directory") fill(made as SimDirectory, node);
      return made;
    };
    const fill = (target: SimDirectory, source: SimDirectory): void => {
      for (const [name, node] of namesOf(source)) target.begin(name, copy(node));
    };
    fill(image.root, this.root);
    image.#nextInode = this.#nextInode;
    const used = new Set([...copies.values()].map(({ inode }) => inode));
    for (let inode = this.#nextInode - 1n; inode > 1n; inode--) if (!used.has(inode)) image.#free.push(inode);
    return image;
  }

  /** Every directory, those without a name included that are reachable from one on the disk. */
  #directories(): SimDirectory[] {
    const found = new Set<SimDirectory>([this.root]);
    for (const directory of found) {
      for (const node of [...directory.names.values(), ...directory.durable.values()]) {
        if (node.kind === "directory") found.add(node);
      }
    }
    return [...found];
  }

  #place(path: string): { directory: SimDirectory; name: string } {
    const name = partsOf(path).at(-1) ?? "";
    return { directory: this.directory(path.slice(0, path.lastIndexOf("/"))), name };
  }

  #newInode(): bigint {
    return this.#free.pop() ?? this.#nextInode++;
  }

  #touch(node: SimNode): void {
    this.#changes++;
    node.modified = this.now;
  }
}

const known = new Map<string, readonly string[]>();

function partsOf(path: string): readonly string[] {
  let parts = known.get(path);
  if (parts === undefined) {
    if (known.size > MOST_KNOWN) known.clear();
    parts = path.split("/").filter((part) => part !== "");
    known.set(path, parts);
  }
  return parts;
}

const MOST_KNOWN = 10_000;

export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${what}'`), { code });
}
