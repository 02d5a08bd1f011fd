import { join } from "node:path";
import { bytesOf, pathOf, type Call } from "./trace.ts";

/** What a system call does to the files of a store, or says to the outside. Paths are relative. */
export type DiskEvent =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly at: number | "end"; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  /** What was changed before the sync began is durable when it has ended. */
  | { readonly kind: "sync-begun" | "sync-ended"; readonly path: string; readonly sync: number }
  | { readonly kind: "rename" | "link"; readonly from: string; readonly to: string }
  | { readonly kind: "unlink"; readonly path: string }
  | { readonly kind: "acknowledged"; readonly count: number };

/**
 * The events of a trace below `base`, in order. The derived index and the lock files are left out: they are caches,
 * which a crash may take whole.
 */
export function eventsOf(calls: readonly Call[], base: string): DiskEvent[] {
  const timed: { time: number; event: DiskEvent }[] = [];
  const known = new Set<string>();
  for (const [sync, call] of calls.entries()) {
    if (call.result < 0 || Number.isNaN(call.result)) continue;
    if (call.name === "fsync" || call.name === "fdatasync") {
      const path = relative(base, pathOf(call.args[0]));
      if (path === undefined) continue;
      timed.push({ time: call.begun, event: { kind: "sync-begun", path, sync } });
      timed.push({ time: call.ended, event: { kind: "sync-ended", path, sync } });
      continue;
    }
    const event = eventOf(call, base, known);
    if (event !== undefined) timed.push({ time: call.begun, event });
  }
  return timed.sort((left, right) => left.time - right.time).map(({ event }) => event);
}

function relative(base: string, path: string): string | undefined {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  const rest = path.slice(base.length + 1);
  return /(^|\/)(index\.sqlite|locks\/|tmp\/[^/]*index)/.test(rest) ? undefined : rest;
}

function eventOf(call: Call, base: string, known: Set<string>): DiskEvent | undefined {
  const { name, args, result } = call;
  const path = (index: number): string | undefined => relative(base, bytesOf(args[index]).toString());
  switch (name) {
    case "openat": {
      const opened = args[1]?.startsWith('"') === true ? path(1) : undefined;
      if (opened === undefined || args[2]?.includes("O_CREAT") !== true || known.has(opened))
        return undefined;
      known.add(opened);
      return { kind: "create", path: opened };
    }
    case "write":
    case "pwrite64": {
      if (args[0]?.startsWith("1<") === true) return acknowledgement(bytesOf(args[1]).toString());
      const written = relative(base, pathOf(args[0]));
      if (written === undefined) return undefined;
      const bytes = bytesOf(args[1]).subarray(0, result);
      return { kind: "write", path: written, at: name === "write" ? "end" : Number(args[3]), bytes };
    }
    case "ftruncate": {
      const cut = relative(base, pathOf(args[0]));
      return cut === undefined ? undefined : { kind: "truncate", path: cut, size: Number(args[1]) };
    }
    case "mkdir": {
      const made = path(0);
      return made === undefined ? undefined : { kind: "mkdir", path: made };
    }
    case "rename":
    case "link": {
      const [from, to] = [path(0), path(1)];
      if (from === undefined || to === undefined) return undefined;
      known.delete(from);
      known.add(to);
      return { kind: name, from, to };
    }
    case "unlink":
    case "rmdir": {
      const gone = path(0);
      if (gone === undefined) return undefined;
      known.delete(gone);
      return { kind: "unlink", path: gone };
    }
    default:
      if (args.some((one) => one.includes(base) || one.includes(hex(base))))
        throw new Error(
          `the model does not know ${name}(${args.join(", ").slice(0, 200)}) in ${join(base, "…")}`,
        );
      return undefined;
  }
}

function hex(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

function acknowledgement(text: string): DiskEvent | undefined {
  const count = /^ack (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : { kind: "acknowledged", count: Number(count) };
}
