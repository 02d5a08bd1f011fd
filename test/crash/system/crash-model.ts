// What a file system may leave after a power cut: data that was not synced in any part, names in any order.
import type { DiskEvent } from "./disk-events.ts";

type DataChange = { readonly at: number; readonly bytes: Buffer } | { readonly cutTo: number };

class Inode {
  readonly isDirectory: boolean;
  readonly names = new Map<string, Inode>();
  /** The size as running processes see it. */
  size = 0;
  durable: Buffer = Buffer.alloc(0);

  constructor(isDirectory: boolean) {
    this.isDirectory = isDirectory;
  }
}

/** Something that a power cut may undo. */
type Pending =
  | { readonly kind: "data"; readonly inode: Inode; readonly change: DataChange }
  | {
      readonly kind: "name";
      readonly directory: Inode;
      readonly name: string;
      readonly to: Inode | undefined;
      /** Half of a rename: the old name goes only where the new one has come. */
      readonly onlyWith?: Pending | undefined;
    };

/** How a pending change comes out: data may come in parts, a name cannot. */
type Fate = "present" | "absent" | "half" | "zeroed" | LostBlock;

/** A block of the file that did not arrive, though the rest of a write did. */
interface LostBlock {
  readonly from: number;
  readonly to: number;
}

const BLOCKS = [512, 4096];

/** A tree of files as it stands on the disk after a cut; equal numbers are one file with two names. */
export interface CrashState {
  readonly files: ReadonlyMap<string, { readonly file: number; readonly bytes: Buffer }>;
  readonly directories: readonly string[];
}

/** Files on their way to their place. */
const IGNORED = /^store\/tmp\//;

/** Up to so many pending changes, every combination is tried; beyond, each alone against all and against none. */
const ALL_COMBINATIONS = 5;

/** Follows a run, and tells at any moment what a cut may leave. */
export class CrashModel {
  readonly #root = new Inode(true);
  readonly #durableNames = new Map<Inode, Map<string, Inode>>([[this.#root, new Map()]]);
  #pending: Pending[] = [];
  #temporary: Inode | undefined;
  readonly #syncing = new Map<number, { readonly inode: Inode; readonly covered: readonly Pending[] }>();

  apply(event: DiskEvent): void {
    switch (event.kind) {
      case "create":
      case "mkdir": {
        const inode = new Inode(event.kind === "mkdir");
        if (inode.isDirectory) this.#durableNames.set(inode, new Map());
        if (event.path === "store/tmp") this.#temporary = inode;
        this.#name(event.path, inode);
        break;
      }
      case "write": {
        const inode = this.#find(event.path);
        const at = event.at === "end" ? inode.size : event.at;
        inode.size = Math.max(inode.size, at + event.bytes.length);
        this.#pending.push({ kind: "data", inode, change: { at, bytes: event.bytes } });
        break;
      }
      case "truncate": {
        const inode = this.#find(event.path);
        inode.size = event.size;
        this.#pending.push({ kind: "data", inode, change: { cutTo: event.size } });
        break;
      }
      case "rename": {
        const inode = this.#find(event.from);
        this.#name(event.from, undefined, this.#name(event.to, inode));
        break;
      }
      case "link":
        this.#name(event.to, this.#find(event.from));
        break;
      case "unlink":
        this.#name(event.path, undefined);
        break;
      case "sync-begun": {
        const inode = this.#find(event.path);
        const covered = this.#pending.filter(
          (one) => (one.kind === "data" ? one.inode : one.directory) === inode,
        );
        this.#syncing.set(event.sync, { inode, covered });
        break;
      }
      case "sync-ended": {
        for (const one of this.#syncing.get(event.sync)?.covered ?? []) this.#settle(one);
        this.#syncing.delete(event.sync);
        break;
      }
      case "acknowledged":
        break;
      default:
        throw new Error(`no such event: ${JSON.stringify(event satisfies never)}`);
    }
  }

  /** Every state that a cut may leave now, up to the bound. */
  *states(): Generator<CrashState> {
    const pending = this.#pending.filter((one) => one.kind === "name" || this.#isNamed(one.inode));
    yield* this.#withLostBlocks(pending);
    const fates = pending.map((one): Fate[] =>
      one.kind === "data" && !("cutTo" in one.change)
        ? ["present", "absent", "half", "zeroed"]
        : ["present", "absent"],
    );
    if (pending.length <= ALL_COMBINATIONS) {
      for (const choice of combinations(fates))
        yield this.#build(new Map(pending.map((one, at) => [one, choice[at] ?? "present"])));
      return;
    }
    for (const rest of ["present", "absent"] as const) {
      yield this.#build(new Map(pending.map((one) => [one, rest])));
      for (const [index, own] of fates.entries()) {
        for (const fate of own.filter((one) => one !== rest))
          yield this.#build(new Map(pending.map((one, at) => [one, at === index ? fate : rest])));
      }
    }
    // What was done first may all be there, and what came later not.
    for (let cut = 1; cut < pending.length; cut++)
      yield this.#build(new Map(pending.map((one, at) => [one, at < cut ? "present" : "absent"])));
  }

  /** All is there but for one block of one write. */
  *#withLostBlocks(pending: readonly Pending[]): Generator<CrashState> {
    for (const one of pending) {
      if (one.kind !== "data" || "cutTo" in one.change) continue;
      const { at, bytes } = one.change;
      const end = at + bytes.length;
      for (const block of BLOCKS) {
        // A write that lies in one block is lost whole.
        for (let from = Math.floor(at / block) * block; from < end && bytes.length > block; from += block) {
          const lost = { from: Math.max(from, at), to: Math.min(from + block, end) };
          yield this.#build(new Map(pending.map((other) => [other, other === one ? lost : "present"])));
        }
      }
    }
  }

  /** What has only a name that nobody reads cannot make a difference yet. */
  #isNamed(inode: Inode): boolean {
    return (
      this.#pending.some((one) => one.kind === "name" && one.to === inode) ||
      [...this.#durableNames].some(
        ([directory, names]) => directory !== this.#temporary && [...names.values()].includes(inode),
      )
    );
  }

  #build(fates: ReadonlyMap<Pending, Fate>): CrashState {
    const files = new Map<string, { file: number; bytes: Buffer }>();
    const directories: string[] = [];
    const numbers = new Map<Inode, number>();
    const visit = (inode: Inode, path: string): void => {
      const names = new Map(this.#durableNames.get(inode));
      for (const one of this.#pending) {
        if (one.kind !== "name" || one.directory !== inode || fates.get(one) === "absent") continue;
        if (one.onlyWith !== undefined && fates.get(one.onlyWith) === "absent") continue;
        if (one.to === undefined) names.delete(one.name);
        else names.set(one.name, one.to);
      }
      for (const [name, child] of names) {
        const childPath = path === "" ? name : `${path}/${name}`;
        if (child.isDirectory) {
          directories.push(childPath);
          visit(child, childPath);
          continue;
        }
        if (IGNORED.test(childPath)) continue;
        if (!numbers.has(child)) numbers.set(child, numbers.size);
        files.set(childPath, { file: numbers.get(child) ?? 0, bytes: this.#content(child, fates) });
      }
    };
    visit(this.#root, "");
    return { files, directories };
  }

  #content(inode: Inode, fates: ReadonlyMap<Pending, Fate>): Buffer {
    let content = inode.durable;
    for (const one of this.#pending) {
      if (one.kind === "data" && one.inode === inode)
        content = changed(content, one.change, fates.get(one) ?? "present");
    }
    return content;
  }

  #settle(pending: Pending): void {
    if (!this.#pending.includes(pending)) return;
    this.#pending = this.#pending.filter((one) => one !== pending);
    if (pending.kind === "data") {
      pending.inode.durable = changed(pending.inode.durable, pending.change, "present");
      return;
    }
    // The new name of a rename is there before the old one goes.
    if (pending.onlyWith !== undefined) this.#settle(pending.onlyWith);
    const names = this.#durableNames.get(pending.directory);
    if (pending.to === undefined) names?.delete(pending.name);
    else names?.set(pending.name, pending.to);
  }

  #name(path: string, to: Inode | undefined, onlyWith?: Pending): Pending {
    const slash = path.lastIndexOf("/");
    const directory = slash < 0 ? this.#root : this.#find(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (to === undefined) directory.names.delete(name);
    else directory.names.set(name, to);
    const pending: Pending = { kind: "name", directory, name, to, onlyWith };
    this.#pending.push(pending);
    // Nothing is read from there: whether these names survive makes no difference.
    if (IGNORED.test(path)) this.#settle(pending);
    return pending;
  }

  #find(path: string): Inode {
    let inode = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      const next = inode.names.get(name);
      if (next === undefined) throw new Error(`the trace uses ${path}, which the model does not have`);
      inode = next;
    }
    return inode;
  }
}

function changed(content: Buffer, change: DataChange, fate: Fate): Buffer {
  if (fate === "absent") return content;
  if ("cutTo" in change) return content.subarray(0, change.cutTo);
  const whole = change.bytes;
  const bytes = fate === "half" ? whole.subarray(0, whole.length >> 1) : whole;
  const next = Buffer.alloc(Math.max(content.length, change.at + bytes.length));
  content.copy(next);
  if (fate === "zeroed") next.fill(0, change.at, change.at + bytes.length);
  else bytes.copy(next, change.at);
  if (typeof fate === "object") {
    next.fill(0, fate.from, fate.to);
    if (fate.from < content.length) content.copy(next, fate.from, fate.from, fate.to);
  }
  return next;
}

function* combinations(choices: readonly (readonly Fate[])[]): Generator<Fate[]> {
  const [first, ...rest] = choices;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const tail of combinations(rest)) for (const fate of first) yield [fate, ...tail];
}
