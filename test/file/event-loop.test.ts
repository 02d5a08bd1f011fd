import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { holdNothingUp, MOST_WORK } from "../big/held-up.ts";
import { countTurns } from "./count-turns.ts";
import { temporaryDirectory } from "./temporary-store.ts";

/** A turn for so many commits at most. */
const MOST_WITHOUT_A_TURN = 100;

test("commits that wait for no disk leave the event loop its turns", async () => {
  const store = new SessionStore(temporaryDirectory(), { durability: "process" });
  const sessions = [new AgentSession(), new AgentSession(), new AgentSession()];
  for (const session of sessions) await store.save(session);
  using turns = countTurns();
  await Promise.all(
    sessions.map(async ({ id }) => {
      for (let n = 0; n < 500; n++) await store.append(id, [Message.user("again")]);
    }),
  );
  expect(turns.count).toBeGreaterThanOrEqual(1500 / MOST_WITHOUT_A_TURN);
  await store.close();
});

const readings: readonly [string, (store: SessionStore, id: string) => Promise<unknown>][] = [
  ["load", (store, id) => store.load(id)],
  ["summary", (store, id) => store.summary(id)],
  ["list", (store) => store.list({})],
  ["verify", (store, id) => store.verify(id)],
  [
    "read",
    async (store, id) => {
      using snapshot = await store.read(id);
      for await (const { message } of snapshot?.messages() ?? []) expect(message.role).toBe("user");
    },
  ],
  [
    "messages",
    async (store, id) => {
      for await (const { message } of store.messages(id)) expect(message.role).toBe("user");
    },
  ],
];

test.each(readings)("%s, again and again, leaves the event loop its turns", async (_verb, read) => {
  const store = new SessionStore(temporaryDirectory());
  const { id } = new AgentSession();
  await store.save(new AgentSession({ id, messages: [Message.user("small")] }));
  await read(store, id);
  using turns = countTurns();
  for (let n = 0; n < 500; n++) await read(store, id);
  expect(turns.count).toBeGreaterThanOrEqual(500 / MOST_WITHOUT_A_TURN);
  await store.close();
});

/** `npm run test:big` does the same with a session that is five times larger. */
const BYTES = 30e6;

test("nothing that is done with a large session holds up the process for long", async () => {
  const steps = await holdNothingUp(temporaryDirectory(), BYTES);
  expect(steps.length).toBeGreaterThan(30);
  expect(steps.filter(({ what }) => what.endsWith("verify")).map(({ result }) => result)).toEqual([
    "ok",
    "ok",
  ]);
  for (const { what, isLimit, work } of steps) if (!isLimit) expect(work, what).toBeLessThan(MOST_WORK);
  // Whoever counts sees what is not done in pieces.
  expect(steps.find(({ what }) => what === "all in one commit: fork")?.work).toBeGreaterThan(BYTES / 2);
});
