import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { countTurns } from "./count-turns.ts";
import { AgentSession, FileEngine, Message, SessionStore } from "../../src/index.ts";

/** Some milliseconds' worth: a load of a small session asks no thread, which would be a turn each. */
const MOST_WITHOUT_A_TURN = 20;

test.each([0, 3])(
  "whoever loads a session of %i messages in a loop does not hold up the process",
  async (count) => {
    const folder = await mkdtemp(join(tmpdir(), "astrid-load-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const engine = new FileEngine(folder);
    await using store = new SessionStore(engine, { closeEngine: true });
    const session = new AgentSession({
      messages: Array.from({ length: count }, () => Message.user("hello")),
    });
    await store.save(session);
    await store.checkpoint(session.id);
    using turns = countTurns();
    for (let read = 0; read < 100; read++) await engine.read(session.id);
    expect(turns.count).toBeGreaterThanOrEqual(100 / MOST_WITHOUT_A_TURN);
  },
);
