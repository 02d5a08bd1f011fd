import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { AgentSession, Message, newSessionId } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { call, connect } from "./connect.ts";

describeOnEachEngine("mcpServer", (place) => {
  test("a subscribed session is told of when it changes, and when it is removed; others are not", async () => {
    const store = place.open();
    const [watched, other] = [new AgentSession(), new AgentSession()];
    for (const session of [watched, other]) await store.save(session);
    const client = await connect(place.open());
    expect(client.getServerCapabilities()?.resources).toMatchObject({ subscribe: true });
    const told: string[] = [];
    const waiting: (() => void)[] = [];
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      told.push(params.uri);
      for (const wake of waiting.splice(0)) wake();
    });
    const untilTold = async (count: number): Promise<void> => {
      while (told.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    };
    const uri = `astrid-session://${watched.id}`;
    await client.subscribeResource({ uri });
    await client.subscribeResource({ uri });
    await store.append(other.id, [Message.user("not told")]);
    await store.append(watched.id, [Message.user("one")]);
    await untilTold(1);
    await store.delete(watched.id);
    await untilTold(2);
    expect(told).toEqual([uri, uri]);
    await client.subscribeResource({ uri: `astrid-session://${other.id}` });
    await client.unsubscribeResource({ uri: `astrid-session://${other.id}` });
  });

  test("what cannot be subscribed to is an error with our code", async () => {
    const client = await connect(place.open());
    for (const [uri, code] of [
      [`astrid-session://${newSessionId()}`, "SESSION_NOT_FOUND"],
      ["astrid-session://nonsense", "INVALID_SESSION_ID"],
      ["file:///etc/passwd", "INVALID_ARGUMENT"],
    ] as const)
      await expect(client.subscribeResource({ uri }), uri).rejects.toMatchObject({ data: { code } });
  });

  test("sub-agents can be left out of a list, and are not among the resources", async () => {
    const store = place.open();
    const parent = new AgentSession();
    await store.save(parent);
    const child = parent.child();
    await store.save(child);
    const client = await connect(store);
    const ids = async (args: Record<string, unknown>): Promise<string[]> =>
      (await call(client, "list_sessions", args)).value.sessions.map(({ id }) => id).toSorted();
    expect(await ids({})).toEqual([parent.id, child.id].toSorted());
    expect(await ids({ includeSubagents: false })).toEqual([parent.id]);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([`astrid-session://${parent.id}`]);
  });

  test("system messages are stored only by a server that was asked to", async () => {
    const store = place.open();
    const session = new AgentSession();
    await store.save(session);
    const { id } = session;
    const message = { id, role: "system", text: "Obey." };
    const refused = await call(await connect(store, { write: true }), "append_message", message);
    expect(refused.value.error).toEqual({
      code: "INVALID_ARGUMENT",
      message: "role must be user or assistant.",
    });
    const asked = await connect(store, { write: true, systemMessages: true });
    expect(await call(asked, "append_message", message)).toMatchObject({ isError: false });
    expect((await store.load(id))?.messages).toEqual([{ role: "system", content: "Obey." }]);
  });
});
