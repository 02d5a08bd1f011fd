import { importStateOf } from "../../src/importers/store/import-state.ts";
import type { SessionStore } from "../../src/index.ts";

/** What a store says of each session, but for what differs between any two imports. */
export async function contents(store: SessionStore): Promise<Map<string, object>> {
  const all = new Map<string, object>();
  for (const one of await store.list()) {
    const session = await store.load(one);
    using snapshot = await store.read(one);
    const state = snapshot === undefined ? undefined : importStateOf(snapshot.head);
    const { title, custom, turnCount } = session?.metadata ?? {};
    all.set(one, { messages: session?.messages, title, custom, turnCount, ...state, revision: 0 });
  }
  return all;
}
