import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";

test("what is among the newest is not told as kept by its lease or pin: the rule does not take it", async () => {
  const store = new SessionStore("memory:");
  const [held, pinned, other] = [new AgentSession(), new AgentSession(), new AgentSession()];
  for (const session of [held, pinned, other]) {
    session.addMessage(Message.user("Hello"));
    await store.save(session);
  }
  await store.organize(pinned.id, { pinned: true });
  await using _ = await store.lease(held.id, { by: "someone" });
  expect((await store.cleanup({ keep: 3 })).kept).toEqual([]);
});
