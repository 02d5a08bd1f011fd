import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, contents, create, numbered, stored } from "../samples.ts";
import type { EngineTarget, OpenedEngine } from "../target.ts";
import { startWriter, type WriterProcess } from "./writer-process.ts";
import type { WriterJob, WriterLine } from "./writer.ts";

const PROCESSES = 8;
const COMMITS = 250;

type Stored = Extract<WriterLine, { kind: "stored" }>;

function storedLines(lines: readonly WriterLine[]): Stored[] {
  return lines.filter((line) => line.kind === "stored");
}

/** The names of the writers of a test. */
const names = Array.from({ length: PROCESSES }, (_, index) => `writer-${index}`);

export const betweenProcesses: Chapter = {
  title: "between processes",
  guarantees(guarantee, target) {
    const start = (
      opened: OpenedEngine,
      sessionId: SessionId,
      job: Omit<WriterJob, "opener" | "location" | "sessionId">,
    ): WriterProcess => startWriter({ ...placeOf(opened, target), sessionId, ...job });

    guarantee(
      "appends of eight processes: all stored, none twice, each writer's in its order",
      async (engine, opened) => {
        const { id } = await create(engine);
        const writers = names.map((name) => start(opened, id, { name, commits: COMMITS, way: "append" }));
        const outputs = await Promise.all(writers.map(({ ended }) => ended));
        const byRevision = outputs
          .flatMap((lines, index) =>
            storedLines(lines).map(({ n, revision }) => ({ text: `writer-${index} ${n}`, revision })),
          )
          .sort((left, right) => left.revision - right.revision);
        const session = await stored(engine, id);
        assert.equal(session.revision, PROCESSES * COMMITS + 1);
        assert.deepEqual(
          byRevision.map(({ revision }) => revision),
          Array.from({ length: PROCESSES * COMMITS }, (_, index) => index + 2),
        );
        assert.deepEqual(
          contents(session.messages),
          byRevision.map(({ text }) => text),
        );
        for (const lines of outputs) {
          assert.deepEqual(
            storedLines(lines).map(({ n }) => n),
            numbered(COMMITS).map((_, index) => index + 1),
          );
        }
      },
    );

    guarantee(
      "of writers on one revision one wins; the others' conflict names the current one",
      async (engine, opened) => {
        const { id } = await create(engine);
        const commits = 25;
        const writers = names.map((name) => start(opened, id, { name, commits, way: "based" }));
        const outputs = await Promise.all(writers.map(({ ended }) => ended));
        const session = await stored(engine, id);
        assert.equal(session.revision, PROCESSES * commits + 1);
        assert.equal(new Set(contents(session.messages)).size, PROCESSES * commits);
        for (const line of outputs.flat()) {
          if (line.kind === "conflict") assert.ok(line.currentRevision > line.base, JSON.stringify(line));
        }
      },
    );

    guarantee("eight processes that write eight sessions never conflict", async (engine, opened) => {
      const sessions = names.map((name) => ({ name, id: newSessionId() }));
      const writers = sessions.map(({ name, id }) => start(opened, id, { name, commits: 50, way: "based" }));
      const outputs = await Promise.all(writers.map(({ ended }) => ended));
      for (const [index, lines] of outputs.entries()) {
        assert.deepEqual(
          lines.filter(({ kind }) => kind === "conflict"),
          [],
          names[index],
        );
      }
      for (const { name, id } of sessions) {
        const expected = Array.from({ length: 50 }, (_, index) => `${name} ${index + 1}`);
        assert.deepEqual(contents((await stored(engine, id)).messages), expected);
      }
    });

    guarantee(
      "of processes that create one session at once in an empty place, one does",
      async (engine, opened) => {
        const id = newSessionId();
        const writers = names.map((name) => start(opened, id, { name, commits: 1, way: "create" }));
        const lines = (await Promise.all(writers.map(({ ended }) => ended))).flat();
        assert.equal(storedLines(lines).length, 1);
        assert.equal((await stored(engine, id)).messages.length, 1);
      },
    );

    guarantee("an operation that several processes repeat is stored once", async (engine, opened) => {
      const { id } = await create(engine);
      const commits = 25;
      const writers = names.map((name) => start(opened, id, { name, commits, way: "operations" }));
      const lines = storedLines((await Promise.all(writers.map(({ ended }) => ended))).flat());
      assert.equal(lines.filter(({ repeated }) => !repeated).length, commits);
      const revisions = new Map(lines.map(({ n, revision }) => [n, revision]));
      for (const { n, revision } of lines) assert.equal(revision, revisions.get(n), `operation ${n}`);
      const { messages } = await stored(engine, id);
      assert.deepEqual(
        contents(messages).sort(),
        Array.from({ length: commits }, (_, i) => `shared ${i + 1}`).sort(),
      );
    });

    guarantee(
      "a reader beside busy writers sees whole revisions that never go back",
      async (engine, opened) => {
        const { id } = await create(engine);
        const writers = names
          .slice(0, 2)
          .map((name) => start(opened, id, { name, commits: COMMITS, way: "append" }));
        let writing = true;
        const ended = Promise.all(writers.map((writer) => writer.ended)).finally(() => (writing = false));
        let last = 0;
        while (writing) {
          last = await readForward(engine, id, last);
          await turn();
        }
        await ended;
        assert.equal(await readForward(engine, id, last), 2 * COMMITS + 1);
      },
    );

    guarantee(
      "a listing beside a busy writer is never older than what was read before it",
      async (engine, opened) => {
        const { id } = await create(engine);
        const writer = start(opened, id, { name: "writer", commits: COMMITS, way: "append" });
        let writing = true;
        const ended = writer.ended.finally(() => (writing = false));
        while (writing) {
          await listForward(engine, id);
          await turn();
        }
        await ended;
        assert.equal(await listForward(engine, id), COMMITS + 1);
      },
    );

    guarantee("a killed writer loses nothing that it was told is stored", async (engine, opened) => {
      const { id } = await create(engine);
      const acknowledged: string[] = [];
      for (let round = 0; round < 5; round++) {
        const name = `round-${round}`;
        const writer = start(opened, id, { name, commits: 1_000_000, way: "append" });
        await writer.printed(20 * (round + 1));
        writer.kill();
        acknowledged.push(...storedLines(await writer.ended).map(({ n }) => `${name} ${n}`));
      }
      await append(engine, id, numbered(1));
      const there = contents((await stored(engine, id)).messages);
      assert.equal(new Set(there).size, there.length);
      // One commit per kill may be stored and yet unanswered; nothing else may stand between the answered ones.
      const known = new Set<unknown>(acknowledged);
      assert.deepEqual(
        there.filter((content) => known.has(content)),
        acknowledged,
      );
      assert.ok(there.length <= acknowledged.length + 5 + 1);
    });
  },
};

function placeOf(opened: OpenedEngine, target: EngineTarget): Pick<WriterJob, "opener" | "location"> {
  const { opener } = target;
  const { location } = opened;
  assert.ok(opener !== undefined, "an engine for several processes needs the target's opener");
  assert.ok(location !== undefined, "an engine for several processes needs a location");
  return { opener, location };
}

/** That the writers have ended is told by the event loop, which reading alone need not give its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads a session and its summary, checks that they are whole and not older than `last`, and returns their revision. */
async function readForward(engine: StorageEngine, id: SessionId, last: number): Promise<number> {
  const { revision, messages } = await stored(engine, id);
  assert.ok(revision >= last, `revision ${revision} after ${last}`);
  assert.equal(messages.length, revision - 1);
  const summary = await engine.summary(id);
  assert.ok(
    summary !== undefined && summary.revision >= revision,
    `summary ${summary?.revision} after ${revision}`,
  );
  assert.equal(summary.messageCount, summary.revision - 1);
  return summary.revision;
}

/** Reads a session, checks that a listing which is begun behind that is not older, and returns its revision there. */
async function listForward(engine: StorageEngine, id: SessionId): Promise<number> {
  const { revision } = await stored(engine, id);
  const [listed] = (await engine.list({})).sessions;
  assert.ok(
    listed !== undefined && listed.revision >= revision,
    `listed with ${listed?.revision} after ${revision}`,
  );
  return listed.revision;
}
