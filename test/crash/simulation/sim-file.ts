import type { Random } from "./random.ts";

/** What happened to a file and is not known to be on the disk. */
type Change =
  | {
      readonly kind: "write";
      readonly version: number;
      readonly offset: number;
      readonly bytes: Buffer;
      lost: boolean;
    }
  | { readonly kind: "truncate"; readonly version: number; readonly size: number; lost: boolean };

const EMPTY = Buffer.alloc(0);

/** A file's content twice: as programs see it, and as the disk has it for certain. */
export class SimFile {
  readonly kind = "file";
  readonly inode: bigint;
  /** Names and open handles: at zero the inode number may be given to another file. */
  links = 0;
  handles = 0;
  modified: bigint;
  #live: Buffer;
  #durable: Buffer;
  #changes: Change[] = [];
  #version = 0;

  constructor(inode: bigint, modified: bigint, content: Buffer = EMPTY) {
    this.inode = inode;
    this.modified = modified;
    this.#live = content;
    this.#durable = content;
  }

  get size(): number {
    return this.#live.length;
  }

  get content(): Buffer {
    return this.#live;
  }

  /** Counts the changes; for `synced` and `lose`. */
  get version(): number {
    return this.#version;
  }

  /** The bytes change by themselves: nobody wrote, and the time stays what it was. */
  rot(content: Buffer): void {
    this.#live = content;
    this.#durable = content;
    this.#changes = [];
  }

  read(target: Uint8Array, position: number): number {
    if (position >= this.#live.length) return 0;
    const piece = this.#live.subarray(position, position + target.length);
    target.set(piece);
    return piece.length;
  }

  write(offset: number, bytes: Uint8Array): void {
    const change: Change = {
      kind: "write",
      version: ++this.#version,
      offset,
      bytes: Buffer.from(bytes),
      lost: false,
    };
    this.#changes.push(change);
    this.#live = applied(this.#live, change);
  }

  truncate(size: number): void {
    const change: Change = { kind: "truncate", version: ++this.#version, size, lost: false };
    this.#changes.push(change);
    this.#live = applied(this.#live, change);
  }

  /** The changes up to `version` are on the disk now, but for those that a failed sync lost for good. */
  synced(version: number): void {
    const done = this.#changes.filter((change) => change.version <= version);
    const rest = this.#changes.slice(done.length);
    if (!done.some(({ lost }) => lost)) {
      for (const change of done) this.#durable = applied(this.#durable, change);
      this.#changes = rest;
      return;
    }
    for (const change of done) {
      if (change.lost) continue;
      // The block that a change lies in is written whole, with whatever was lost around it.
      if (change.kind === "write") this.#rewriteBlocks(change.offset, change.offset + change.bytes.length);
      else this.#durable = applied(this.#durable, change);
    }
    if (this.#durable.length < this.#live.length) this.#durable = resized(this.#durable, this.#live.length);
    this.#changes = [...done.filter((change) => isStillLost(change, done)), ...rest];
  }

  #rewriteBlocks(from: number, to: number): void {
    const start = Math.floor(from / SECTOR) * SECTOR;
    const end = Math.min(Math.ceil(to / SECTOR) * SECTOR, this.#live.length);
    if (end <= start) return;
    const next = Buffer.from(resized(this.#durable, Math.max(this.#durable.length, end)));
    next.set(this.#live.subarray(start, end), start);
    this.#durable = next;
  }

  /** A sync failed: the changes up to `version` count as written from now on, though they are not. */
  lose(version: number): void {
    for (const change of this.#changes) if (change.version <= version) change.lost = true;
  }

  /** What a power cut leaves. @param losesBlocks whether it often is all but single blocks. */
  afterPowerCut(random: Random, losesBlocks = false): Buffer {
    if (this.#changes.length === 0) return this.#durable;
    if (losesBlocks && random.chance(0.6)) return this.#allBut(random, random.chance(0.5) ? SECTOR : PAGE);
    const mode = random.below(10);
    if (mode < 2) return this.#durable;
    if (mode < 4) return this.#live;
    if (mode < 6) return this.#prefix(random);
    return this.#blocks(random, random.chance(0.5) ? SECTOR : PAGE);
  }

  /** The first changes, the last of them perhaps in part. */
  #prefix(random: Random): Buffer {
    let content = this.#durable;
    const count = random.below(this.#changes.length + 1);
    for (const change of this.#changes.slice(0, count)) content = applied(content, change);
    const next = this.#changes[count];
    if (next?.kind !== "write" || random.chance(0.3)) return content;
    const bytes = next.bytes.subarray(0, random.below(next.bytes.length + 1));
    return applied(content, { ...next, bytes });
  }

  /** Every content that a power cut may leave where blocks are written independently of each other. */
  *images(block = SECTOR): Generator<Buffer> {
    const versions = [this.#durable];
    for (const change of this.#changes) versions.push(applied(versions.at(-1) as Buffer, change));
    const longest = Math.max(...versions.map(({ length }) => length));
    const whole = versions.map((one) => resized(one, longest));
    const open: { readonly from: number; readonly states: readonly Buffer[] }[] = [];
    for (let from = 0; from < longest; from += block) {
      const states: Buffer[] = [];
      for (const one of whole) {
        const state = one.subarray(from, Math.min(from + block, longest));
        if (!states.some((other) => other.equals(state))) states.push(state);
      }
      if (states.length > 1) open.push({ from, states });
    }
    const sizes = new Set(versions.map(({ length }) => length));
    const fill = function* (content: Buffer, index: number): Generator<Buffer> {
      const block = open[index];
      if (block === undefined) yield Buffer.from(content);
      for (const state of block?.states ?? []) {
        content.set(state, block?.from);
        yield* fill(content, index + 1);
      }
    };
    for (const content of fill(Buffer.from(resized(this.#live, longest)), 0))
      for (const size of sizes) yield content.subarray(0, size);
  }

  /** All of it, but for one block or two that are as they were on the disk, or zeros where they are new. */
  #allBut(random: Random, block: number): Buffer {
    const old = resized(this.#durable, Math.max(this.#durable.length, this.#live.length));
    const open: number[] = [];
    for (let from = 0; from < this.#live.length; from += block) {
      const to = Math.min(from + block, this.#live.length);
      if (this.#live.compare(old, from, to, from, to) !== 0) open.push(from);
    }
    const content = Buffer.from(this.#live);
    for (let lost = 1 + random.below(2); lost > 0 && open.length > 0; lost--) {
      const [from = 0] = open.splice(random.below(open.length), 1);
      content.set(old.subarray(from, Math.min(from + block, content.length)), from);
    }
    return content;
  }

  /** Each block as it was at some time, or zeros where it is new; the size of some time. */
  #blocks(random: Random, block: number): Buffer {
    const versions = [this.#durable];
    for (const change of this.#changes) versions.push(applied(versions.at(-1) as Buffer, change));
    const longest = Math.max(...versions.map(({ length }) => length));
    const content = Buffer.alloc(longest);
    for (let from = 0; from < longest; from += block) {
      const to = Math.min(from + block, longest);
      const choice = random.below(versions.length + 1);
      // Without a version, what is new of the block is zeros.
      content.set((versions[choice] ?? this.#durable).subarray(from, to), from);
    }
    let { length: size } = random.pick(versions);
    // A size that was extended in part only.
    if (size > this.#durable.length && random.chance(0.2)) {
      size = this.#durable.length + random.below(size - this.#durable.length);
    }
    return content.subarray(0, size);
  }
}

/** What was lost and not cut off since. */
function isStillLost(change: Change, done: readonly Change[]): boolean {
  if (!change.lost || change.kind === "truncate") return false;
  const end = change.offset + change.bytes.length;
  return !done.some(
    (later) => later.version > change.version && later.kind === "truncate" && later.size < end,
  );
}

const SECTOR = 512;
const PAGE = 4096;

function applied(content: Buffer, change: Change): Buffer {
  if (change.kind === "truncate") return resized(content, change.size);
  const { offset, bytes } = change;
  if (offset === content.length) return Buffer.concat([content, bytes]);
  const next = Buffer.from(resized(content, Math.max(content.length, offset + bytes.length)));
  bytes.copy(next, offset);
  return next;
}

function resized(content: Buffer, size: number): Buffer {
  if (size <= content.length) return content.subarray(0, size);
  return Buffer.concat([content, Buffer.alloc(size - content.length)]);
}
