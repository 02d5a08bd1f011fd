import { lstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileStat } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { identityOf, journalIdentity } from "../../src/engine/file/index/summaries/file-identity.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const FILE: FileStat = { kind: "file", inode: 1n, size: 1, modified: 1n };

test("two files whose inodes or times are one double are told apart", () => {
  const inode = 2n ** 63n;
  expect(identityOf({ ...FILE, inode }, undefined)).not.toBe(
    identityOf({ ...FILE, inode: inode + 1n }, undefined),
  );
  const modified = 1_700_000_000_000_000_000n;
  expect(identityOf(undefined, { ...FILE, modified })).not.toBe(
    identityOf(undefined, { ...FILE, modified: modified + 1n }),
  );
});

test("a journal that was begun anew under an inode that was free is another one", () => {
  const first = journalIdentity(FILE, { key: "0123456789abcdef" });
  expect(journalIdentity(FILE, { key: "0123456789abcde0" })).not.toBe(first);
  expect(journalIdentity({ ...FILE, inode: 2n }, { key: "0123456789abcdef" })).not.toBe(first);
  expect(journalIdentity(FILE, { key: undefined })).not.toBe(first);
});

test("the disk tells a file's inode and time as the system has them", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "file");
  writeFileSync(path, "x");
  const { ino, mtimeNs } = lstatSync(path, { bigint: true });
  expect(new RealDisk().stat(path)).toEqual({ kind: "file", inode: ino, size: 1, modified: mtimeNs });
});
