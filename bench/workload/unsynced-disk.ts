import type { Disk, DiskFile } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";

/** This machine's disk, never waited for: to make many sessions in little time. */
export function unsyncedDisk(): Disk {
  const disk = new RealDisk();
  return replaced(disk, {
    create: (path: string) => unsynced(disk.create(path)),
    openToAppend: (path: string) => {
      const file = disk.openToAppend(path);
      return file === undefined ? undefined : unsynced(file);
    },
    openToRead: (path: string) => {
      const file = disk.openToRead(path);
      return file === undefined ? undefined : unsynced(file);
    },
    syncDirectory: async () => undefined,
    lock: () => () => undefined,
  });
}

function unsynced(file: DiskFile): DiskFile {
  return replaced(file, { sync: async () => undefined });
}

/** The same object with some members replaced. */
function replaced<T extends object>(original: T, members: Partial<T>): T {
  return new Proxy(original, {
    get(target, name) {
      const member: unknown = Reflect.get(Object.hasOwn(members, name) ? members : target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}
