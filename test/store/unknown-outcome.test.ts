import { expect, test } from "vitest";
import {
  AgentSession,
  FileEngine,
  MemoryEngine,
  Message,
  SessionStore,
  StorageError,
} from "../../src/index.ts";
import type { DiskFile, Step } from "../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { openStore, temporaryDirectory } from "../file/temporary-store.ts";

/** The real disk, of which some steps fail while `failing` says so. */
class FailingDisk extends RealDisk {
  failing: (step: Step) => boolean = () => false;

  override openToAppend(path: string): DiskFile | undefined {
    const file = super.openToAppend(path);
    return file === undefined ? undefined : this.#wrapped(file);
  }

  override create(path: string, step?: Step): DiskFile {
    if (step !== undefined) this.#failAt(step);
    return this.#wrapped(super.create(path));
  }

  override async rename(from: string, to: string, step: Step): Promise<void> {
    this.#failAt(step);
    await super.rename(from, to, step);
  }

  #wrapped(file: DiskFile): DiskFile {
    const { sync, truncate } = { sync: file.sync.bind(file), truncate: file.truncate.bind(file) };
    file.sync = async (step) => {
      this.#failAt(step);
      await sync(step);
    };
    file.truncate = (size, step) => {
      this.#failAt(step);
      truncate(size, step);
    };
    return file;
  }

  #failAt(step: Step): void {
    if (this.failing(step)) throw Object.assign(new Error("EIO: made to fail"), { code: "EIO" });
  }
}

const manners: readonly [string, (step: Step) => boolean][] = [
  ["the sync", (step) => step === "journal.sync"],
  [
    "the sync, and what would put it right",
    (step) => step.startsWith("journal.") && step !== "journal.append",
  ],
];

const cases = manners.flatMap(([name, failing]) =>
  [false, true].map(
    (withIds) => [name, withIds ? "with operation ids" : "without", failing, withIds] as const,
  ),
);

test.each(cases)(
  "%s fails on a real disk: saving again %s stores the session once",
  async (_name, _manner, failing, withIds) => {
    const directory = temporaryDirectory();
    const disk = new FailingDisk();
    await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
    const session = new AgentSession();
    const expected: string[] = [];
    const add = (text: string): void => {
      session.addMessage(Message.user(text));
      expected.push(text);
    };
    add("acknowledged");
    await store.save(session);
    for (let turn = 1; turn <= 3; turn++) {
      add(`turn ${turn}`);
      disk.failing = failing;
      const operationId = withIds ? `turn ${turn}` : undefined;
      const error: unknown = await store.save(session, { operationId }).catch((reason: unknown) => reason);
      disk.failing = () => false;
      expect(error).toBeInstanceOf(StorageError);
      if (turn === 2) add("changed meanwhile");
      // Another change is another operation.
      await store.save(session, turn === 2 && withIds ? { operationId: "turn 2 and more" } : { operationId });
      const now = await openStore(directory).store.load(session.id);
      expect(now?.messages.map(({ content }) => content)).toEqual(expected);
    }
    const inserted: unknown[] = [];
    for await (const { splice } of store.engine.commits(session.id, 0))
      for (const { content } of splice?.[2] ?? []) inserted.push(content);
    expect(inserted).toEqual(expected);
    expect(await store.verify(session.id)).toMatchObject({ state: "ok" });
  },
);

test("the sync fails for longer than one save: the save that works stores everything once", async () => {
  const directory = temporaryDirectory();
  const disk = new FailingDisk();
  await using store = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
  const session = new AgentSession();
  session.addMessage(Message.user("0"));
  await store.save(session);
  disk.failing = manners[1]?.[1] ?? (() => true);
  const outcomes: unknown[] = [];
  for (let turn = 1; turn <= 4; turn++) {
    session.addMessage(Message.user(String(turn)));
    const error: unknown = await store.save(session).catch((reason: unknown) => reason);
    outcomes.push((error as StorageError).outcome);
  }
  disk.failing = () => false;
  await store.save(session);
  expect(outcomes).toContain("unknown");
  const now = await openStore(directory).store.load(session.id);
  expect(now?.messages.map(({ content }) => content)).toEqual(["0", "1", "2", "3", "4"]);
});

test("what was stored with an unknown outcome is known again, redacted as it is", async () => {
  const engine = new MemoryEngine();
  const commit = engine.commit.bind(engine);
  let isLost = false;
  engine.commit = async (...args) => {
    const committed = await commit(...args);
    if (isLost) throw new StorageError("STORAGE_FAILED", "The answer was lost.", "unknown");
    return committed;
  };
  const redact = (text: string): string => text.replaceAll("secret", "[redacted]");
  await using store = new SessionStore(engine, { redact });
  const session = new AgentSession({ messages: [Message.user("a secret")] });
  const lost = async (work: () => Promise<unknown>): Promise<void> => {
    isLost = true;
    await expect(work()).rejects.toMatchObject({ outcome: "unknown" });
    isLost = false;
  };
  await lost(() => store.save(session));
  session.metadata.title = "a secret title";
  await lost(() => store.save(session));
  session.addMessage(Message.assistant("another secret"));
  await store.save(session);
  const append = (): Promise<unknown> =>
    store.append(session.id, [Message.user("a third secret")], { expectedRevision: 3 });
  await lost(append);
  await append();
  const stored = await store.load(session.id);
  expect(stored?.metadata.title).toBe("a [redacted] title");
  expect(stored?.messages.map(({ content }) => content)).toEqual([
    ...["a [redacted]", "another [redacted]", "a third [redacted]"],
  ]);
});
