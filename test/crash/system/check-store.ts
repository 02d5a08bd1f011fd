import { AgentSession, Message, SessionStore } from "../../../src/index.ts";
import { endOfBatch, stateAfter, textOf, type Content, type Operation, type State } from "./plan.ts";

/** A promise that a store broke. */
export interface Violation {
  /** `lost`: an acknowledged change is not there. `torn`: something between two revisions. `hidden`: a listing and a load differ. */
  readonly kind: "lost" | "torn" | "hidden" | "other";
  readonly detail: string;
}

/**
 * Opens what a crash left with the real recovery, and compares it with what was acknowledged. The operation behind the
 * acknowledged ones may have happened, and of a batch those behind it, in their order.
 */
export async function checkStore(
  directory: string,
  plan: readonly Operation[],
  acknowledged: number,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  const ids = [...new Set(plan.map(({ id }) => id))];
  const under = endOfBatch(plan, acknowledged) - acknowledged;
  const allowed = Array.from({ length: under + 1 }, (_, more) => stateAfter(plan, acknowledged + more));
  let found: State;
  try {
    found = await inStore(directory, (store) => observe(store, ids, violations));
    const isKnown = allowed.some((state) => shown(state) === shown(found));
    if (!isKnown) violations.push(...differences(allowed, found, plan, acknowledged));
    await inStore(directory, (store) => recover(store, ids));
    const once = await inStore(directory, (store) => observe(store, ids, violations));
    if (shown(once) !== shown(found)) other(violations, `recovery changed ${shown(found)} to ${shown(once)}`);
    const again = await inStore(directory, (store) => recover(store, ids));
    if (again.length > 0) other(violations, `recovery is not idempotent: ${again.join("; ")}`);
    const twice = await inStore(directory, (store) => observe(store, ids, violations));
    if (shown(twice) !== shown(once)) other(violations, "a second recovery changed what is stored");
    await inStore(directory, (store) => goOn(store, ids, once, violations));
  } catch (error) {
    other(violations, `the store cannot be used: ${(error as Error).stack ?? String(error)}`);
  }
  return violations;
}

async function inStore<T>(directory: string, work: (store: SessionStore) => Promise<T>): Promise<T> {
  const store = new SessionStore(directory);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function other(violations: Violation[], detail: string): void {
  violations.push({ kind: "other", detail });
}

/** What loads, the listing and the trash say. */
async function observe(store: SessionStore, ids: readonly string[], violations: Violation[]): Promise<State> {
  const page = await store.list({});
  for (const { id, error } of page.unreadable)
    violations.push({ kind: "lost", detail: `session ${id} cannot be read: ${error.message}` });
  const listed = new Map(page.sessions.map((summary) => [String(summary.id), summary]));
  const live = new Map<string, Content>();
  for (const id of ids) {
    const session = await store.load(id).catch((error: unknown) => {
      violations.push({ kind: "hidden", detail: `session ${id} cannot be loaded: ${String(error)}` });
      return undefined;
    });
    const summary = listed.get(id);
    if ((session === undefined) !== (summary === undefined))
      violations.push({
        kind: "hidden",
        detail: `session ${id} is ${session === undefined ? "only listed" : "not listed"}`,
      });
    if (session === undefined) continue;
    const { revision, messageCount } = (await store.summary(id)) ?? { revision: -1, messageCount: -1 };
    if (
      summary !== undefined &&
      (summary.revision !== revision || summary.messageCount !== session.messageCount)
    )
      violations.push({ kind: "hidden", detail: `the listing is wrong about session ${id}` });
    if (messageCount !== session.messageCount) other(violations, `the summary of session ${id} is wrong`);
    live.set(id, { revision, texts: session.messages.map(({ content }) => textOf(content)) });
  }
  const trash = new Map<string, Content>();
  for (const { id, messageCount } of await store.trashed()) {
    if (trash.has(id)) other(violations, `session ${id} is in the trash twice`);
    trash.set(id, { revision: 0, texts: Array.from({ length: messageCount }, () => "") });
  }
  return { live, trash };
}

/** What of a state can be seen from outside, as text. */
function shown({ live, trash }: State): string {
  const sorted = (map: ReadonlyMap<string, Content>): [string, Content][] =>
    [...map].sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([
    sorted(live).map(([id, { revision, texts }]) => [id, revision, texts]),
    sorted(trash).map(([id, { texts }]) => [id, texts.length]),
  ]);
}

function differences(
  allowed: readonly State[],
  found: State,
  plan: readonly Operation[],
  acknowledged: number,
): Violation[] {
  const violations: Violation[] = [];
  const text = (content: Content | undefined): string =>
    content === undefined
      ? "nothing"
      : `revision ${content.revision} ${JSON.stringify(content.texts).slice(0, 120)}`;
  for (const id of new Set(plan.map((operation) => operation.id))) {
    const now = found.live.get(id);
    const fitting = allowed.map(({ live }) => live.get(id));
    if (fitting.some((one) => text(one) === text(now))) continue;
    const earlier = Array.from({ length: acknowledged }, (_, done) => stateAfter(plan, done).live.get(id));
    const kind = earlier.some((one) => text(one) === text(now)) ? "lost" : "torn";
    violations.push({
      kind,
      detail: `after ${acknowledged} operations session ${id} is ${text(now)}, not ${fitting.map(text).join(" or ")}`,
    });
  }
  if (violations.length === 0)
    violations.push({
      kind: "lost",
      detail: `after ${acknowledged} operations the store holds ${shown(found)}`,
    });
  return violations;
}

/** Puts every session in order. @returns what there was to do. */
async function recover(store: SessionStore, ids: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  for (const id of ids) {
    try {
      done.push(...(await store.repair(id)).actions);
    } catch (error) {
      if ((error as { code?: string }).code !== "SESSION_NOT_FOUND") throw error;
      continue;
    }
    const after = await store.verify(id).catch(() => undefined);
    if (after !== undefined && after.revision > 0 && after.state !== "ok") done.push(...after.findings);
  }
  return done;
}

/** The next change of every session must work, in a store that was opened anew as well. */
async function goOn(
  store: SessionStore,
  ids: readonly string[],
  found: State,
  violations: Violation[],
): Promise<void> {
  for (const id of ids) {
    const before = found.live.get(id)?.texts ?? [];
    if (found.trash.has(id)) {
      if (!(await store.restore(id))) other(violations, `session ${id} cannot be restored`);
      const back = await store.load(id);
      if (back?.messageCount !== found.trash.get(id)?.texts.length)
        other(violations, `session ${id} came back from the trash as another`);
      continue;
    }
    const session = (await store.load(id)) ?? new AgentSession({ id });
    session.addMessage(Message.user("next"));
    await store.save(session);
    const reread = await store.load(id);
    const texts = reread?.messages.map(({ content }) => textOf(content));
    if (JSON.stringify(texts) !== JSON.stringify([...before, "next"]))
      other(violations, `the next save of session ${id} left ${JSON.stringify(texts).slice(0, 200)}`);
  }
}
