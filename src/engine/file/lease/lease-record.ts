import type { Holder } from "../../../session/summary/holder.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFullyNow } from "../disk/append-fully.ts";
import type { FileContext } from "../disk/file-context.ts";
import { letGo } from "../disk/let-go.ts";
import { readOnce } from "../disk/read-fully.ts";

/** What `leases/<id>.json` says: who holds the session. Whether they still do, the lock tells that the token names. */
export interface LeaseRecord extends Holder {
  /** The lease's own name, which no other lease has. */
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

/** More than any record takes. */
const LONGEST = 16 << 10;
/** It becomes a part of a file's name. */
const TOKEN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the session's lease file says; `undefined` when there is none, or what a power cut left of one. */
export async function readLease(
  { disk, paths }: FileContext,
  id: SessionId,
): Promise<LeaseRecord | undefined> {
  const file = disk.openToRead(paths.lease(id));
  if (file === undefined) return undefined;
  try {
    const { size } = file.stat();
    if (size > LONGEST) return undefined;
    const bytes = Buffer.allocUnsafe(size);
    return recordFrom(bytes.toString("utf8", 0, await readOnce(file, bytes, 0)));
  } finally {
    letGo(file);
  }
}

/** Replaces what the session's lease file says. Nothing is synced: no lease outlives a power cut. */
export async function writeLease(
  { disk, paths }: FileContext,
  id: SessionId,
  { by, pid, host, since, token }: LeaseRecord,
): Promise<void> {
  const temporary = paths.newTemporary(id);
  const file = disk.create(temporary, "lease.write");
  try {
    appendFullyNow(
      file,
      Buffer.from(`${JSON.stringify({ by, pid, host, at: since, token })}\n`),
      "lease.write",
    );
  } finally {
    letGo(file);
  }
  await disk.rename(temporary, paths.lease(id), "lease.publish");
}

function recordFrom(text: string): LeaseRecord | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const { by, pid, host, at, token } = value ?? {};
  const isRecord =
    typeof by === "string" && typeof at === "string" && typeof token === "string" && TOKEN.test(token);
  if (!isRecord) return undefined;
  return { by, since: at, token, pid: Number(pid), host: String(host) };
}
