import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

test("with mayBeBehind, files answer from the index as it is: what others stored since is missing until somebody asks without", async () => {
  const directory = temporaryDirectory();
  await using reader = new SessionStore(directory);
  await using writer = new SessionStore(directory);
  const known = new AgentSession({ messages: [Message.user("needle")] });
  await writer.save(known);
  const ids = async (mayBeBehind: boolean): Promise<string[]> =>
    (await reader.list({ mayBeBehind })).sessions.map(({ id }) => id);
  const found = async (mayBeBehind: boolean): Promise<string[]> =>
    (await reader.search("needle", { mayBeBehind })).map(({ id }) => id);
  expect(await ids(false)).toEqual([known.id]);
  expect(await found(false)).toEqual([known.id]);
  // Behind an answer that is not behind, what it told is told.
  expect(await ids(true)).toEqual([known.id]);
  expect(await found(true)).toEqual([known.id]);
  const later = new AgentSession({ messages: [Message.user("another needle")] });
  await writer.save(later);
  expect(await found(true)).toEqual([known.id]);
  expect((await found(false)).sort()).toEqual([known.id, later.id].sort());
  expect((await found(true)).sort()).toEqual([known.id, later.id].sort());
  await writer.delete(known.id);
  expect(await ids(false)).toEqual([later.id]);
  expect(await ids(true)).toEqual([later.id]);
  expect(await found(false)).toEqual([later.id]);
});
