import { expect, test } from "vitest";
import { acpSessions } from "../../src/adapters/acp/index.ts";
import { AgentSession, Message, type SessionId, type SessionStore } from "../../src/index.ts";
import { call, connect } from "../adapters/mcp/connect.ts";
import { describeOnEachEngine } from "../adapters/each-engine.ts";
import { run, runJson } from "../cli/run.ts";
import { SessionStore as FileStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

interface Family {
  readonly parent: SessionId;
  readonly child: SessionId;
  readonly grandchild: SessionId;
  readonly stranger: SessionId;
}

async function family(store: SessionStore): Promise<Family> {
  const parent = new AgentSession({ metadata: { title: "Parent" }, messages: [Message.user("go")] });
  const child = parent.child();
  const [grandchild, stranger] = [child.child(), new AgentSession({ metadata: { title: "Stranger" } })];
  for (const session of [parent, child, grandchild, stranger]) await store.save(session);
  return { parent: parent.id, child: child.id, grandchild: grandchild.id, stranger: stranger.id };
}

const left = async (store: SessionStore): Promise<string[]> =>
  (await store.listWithMetadata()).map(({ id }) => id as string).toSorted();

describeOnEachEngine("delete", (place) => {
  test("takes the sub-agents along, theirs too, and says so; a second time nothing", async () => {
    const store = place.open();
    const { parent, child, grandchild, stranger } = await family(store);
    const told: string[] = [];
    expect(await store.delete(parent, { onRemove: (id) => told.push(id) })).toBe(true);
    expect(told).toEqual([grandchild, child, parent]);
    expect(await left(store)).toEqual([stranger]);
    expect(await store.delete(parent)).toBe(false);
  });

  test("what an interruption left is removed by repeating it, also when the parent is gone", async () => {
    const store = place.open();
    const { parent, stranger } = await family(store);
    await store.engine.remove(parent);
    expect(await store.delete(parent)).toBe(false);
    expect(await left(store)).toEqual([stranger]);
  });

  test("leaves them when it is told to", async () => {
    const store = place.open();
    const { parent, child, grandchild, stranger } = await family(store);
    expect(await store.delete(parent, { subagents: false })).toBe(true);
    expect(await left(store)).toEqual([child, grandchild, stranger].toSorted());
  });

  test("sessions that call each other their parents end it, too", async () => {
    const store = place.open();
    const [one, two] = [new AgentSession(), new AgentSession()];
    for (const session of [one, two]) await store.save(session);
    await store.commit(one.id, { base: 1, set: { parentId: two.id } });
    await store.commit(two.id, { base: 1, set: { parentId: one.id } });
    expect(await store.delete(one.id)).toBe(true);
    expect(await left(store)).toEqual([]);
  });

  test("an MCP client and an editor take them along as well", async () => {
    const store = place.open();
    const first = await family(store);
    const client = await connect(store, { write: true });
    if (store.engine.capabilities.trash) {
      const { value } = await call(client, "delete_session", { id: first.parent });
      expect(value).toMatchObject({ deleted: true, removed: [first.grandchild, first.child, first.parent] });
    } else await store.delete(first.parent);
    const second = await family(store);
    await acpSessions(store).delete({ params: { sessionId: second.parent } });
    expect(await left(store)).toEqual([first.stranger, second.stranger].toSorted());
  });
});

test("rm takes them along and names each; each can be restored, with its own; --no-subagents leaves them", async () => {
  const directory = temporaryDirectory();
  const write = async (): Promise<Family> => {
    await using store = new FileStore(directory);
    return await family(store);
  };
  const { parent, child, grandchild, stranger } = await write();
  const removed = runJson(directory, "rm", parent).json.removed as { id: string }[];
  expect(removed.map(({ id }) => id)).toEqual([grandchild, child, parent]);
  expect(run(directory, "restore", child)).toMatchObject({ code: 0 });
  const second = await write();
  expect(run(directory, "rm", second.parent, "--no-subagents").out).toContain(
    `moved to the trash: ${second.parent}`,
  );
  await using store = new FileStore(directory);
  expect(await left(store)).toEqual(
    [stranger, child, grandchild, second.child, second.grandchild, second.stranger].toSorted(),
  );
});
