import { expect } from "vitest";
import type { SessionId } from "../../../src/session/session-id.ts";
import type { SessionStore } from "../../../src/store/session-store.ts";
import { refused } from "./refused.ts";

/** Packs a session, which changes nothing that the model knows; what is done next reads it packed, or unpacks it. */
export async function packed(
  store: SessionStore,
  id: SessionId,
  isThere: boolean,
  isHeld: boolean,
): Promise<void> {
  if (store.engine.pack === undefined) {
    await refused(store.pack(id), "NOT_SUPPORTED");
    return;
  }
  if (!isThere) {
    await refused(store.pack(id), "SESSION_NOT_FOUND");
    return;
  }
  const { state } = await store.pack(id);
  // A session of a few messages may be too small to be worth it.
  expect(isHeld ? ["held", "was-packed"] : ["packed", "was-packed", "not-smaller"]).toContain(state);
  const isPacked = state === "packed" || state === "was-packed";
  expect((await store.summary(id))?.packed).toBe(isPacked ? true : undefined);
}
