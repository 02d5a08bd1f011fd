import { AgentSession, FileEngine, Message, SessionStore, type SessionId } from "../../../src/index.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { STORE } from "../simulation/open-alone.ts";
import { idOf } from "../simulation/history.ts";
import { Random } from "../simulation/random.ts";
import { SimDisk, systemError } from "../simulation/sim-disk.ts";
import { SimProcess } from "../simulation/sim-process.ts";
import { NO_TROUBLES, World } from "../simulation/world.ts";

/** The session whose files decay, and one beside it. */
export const ROTTEN = idOf(0);
export const BESIDE = idOf(1);

/** A small store: how it came about. */
export interface SmallStore {
  readonly name: string;
  readonly fill: (store: SessionStore, id: SessionId) => Promise<void>;
  /** The store is closed; else its process is killed. Default: true. */
  readonly isClosed?: boolean;
  /** No checkpoint can be written. */
  readonly hasNoCheckpoint?: boolean;
  /** One byte in so many is damaged. Default: 1. */
  readonly step?: number;
  /** What lives before this one held. */
  readonly before?: readonly Message[];
  /** Of the session there is one copy: where its end is lost, the life before may be all that is left of it. */
  readonly isAlone?: true;
}

const text = (number: number, size = 20): Message =>
  Message.user(`message ${number} ${"ab ".repeat(size / 3)}`);

async function create(store: SessionStore, id: SessionId, count = 2, size = 20): Promise<AgentSession> {
  const session = new AgentSession({ id, systemPrompt: "you are 1000 years old", messages: [text(1, size)] });
  session.metadata.title = "first title";
  await store.save(session);
  for (let number = 2; number <= count; number++) await store.append(id, [text(number, size)]);
  return session;
}

/** Those that are looked at packed, too. */
const PACKED: ReadonlySet<string> = new Set([
  "one life, closed",
  "titles and a summarisation",
  "two lives, the first in the trash",
  "side lists",
  "a checkpoint of many blocks",
]);

const SMALL_UNPACKED: readonly SmallStore[] = [
  {
    name: "one life, closed",
    fill: async (store, id) => {
      await create(store, id, 4);
      await store.checkpoint(id);
    },
  },
  {
    name: "commits behind the checkpoint, killed",
    isClosed: false,
    fill: async (store, id) => {
      await create(store, id, 3);
      await store.checkpoint(id);
      for (let number = 4; number < 7; number++) await store.append(id, [text(number)]);
    },
  },
  {
    name: "no checkpoint, killed",
    isClosed: false,
    hasNoCheckpoint: true,
    fill: async (store, id) => {
      await create(store, id, 5);
    },
  },
  {
    name: "titles and a summarisation",
    fill: async (store, id) => {
      const session = await create(store, id, 1);
      for (let number = 2; number < 6; number++) {
        session.addMessage(text(number));
        if (number % 2 === 0) session.metadata.title = `title ${number}`;
        await store.save(session);
      }
      session.spliceMessages(0, 3, Message.user("what was said before"));
      await store.save(session);
      session.addMessage(text(7));
      await store.save(session);
      await store.checkpoint(id);
      session.metadata.title = "last title";
      await store.save(session);
    },
  },
  {
    name: "two lives, the first in the trash",
    before: [text(1), text(2), text(3)],
    fill: async (store, id) => {
      await create(store, id, 3);
      await store.delete(id, { trash: true });
      const session = new AgentSession({ id, messages: [text(11), text(12)] });
      session.metadata.title = "second life";
      await store.save(session);
      await store.append(id, [text(13)]);
    },
  },
  {
    name: "a life that was restored",
    isClosed: false,
    fill: async (store, id) => {
      await create(store, id, 2);
      await store.delete(id, { trash: true });
      await store.restore(id);
      await store.append(id, [text(3)]);
    },
  },
  {
    name: "side lists",
    fill: async (store, id) => {
      await create(store, id, 1);
      for (let number = 2; number < 5; number++) {
        await store.commit(id, {
          splice: ["end", 0, [text(number)]],
          side: { notes: [`note ${number}`, { n: number }], other: [[number]] },
        });
      }
      await store.checkpoint(id);
      await store.commit(id, { side: { notes: ["the last note"] }, base: 4 });
    },
  },
  {
    name: "a checkpoint of many blocks",
    step: 701,
    fill: async (store, id) => {
      await create(store, id, 60, 6000);
      await store.checkpoint(id);
    },
  },
];

/** The same, packed. Zstandard leaves few bytes; each of them is damaged. */
const PACKED_STORES: readonly SmallStore[] = SMALL_UNPACKED.flatMap((small) =>
  PACKED.has(small.name)
    ? [
        {
          ...small,
          name: `packed: ${small.name}`,
          isAlone: true,
          step: Math.max(1, Math.round((small.step ?? 1) / 100)),
          fill: async (store, id) => {
            await small.fill(store, id);
            const { state } = await store.pack(id);
            if (state !== "packed") throw new Error(`${small.name} is not packed: ${state}`);
          },
        } satisfies SmallStore,
      ]
    : [],
);

export const SMALL_STORES: readonly SmallStore[] = [...SMALL_UNPACKED, ...PACKED_STORES];

/** The disk that the store is left on, all of it durable. */
export async function diskOf({
  fill,
  isClosed = true,
  hasNoCheckpoint = false,
}: SmallStore): Promise<SimDisk> {
  const disk = new SimDisk();
  disk.createDirectory("/home");
  const own = new SimProcess(new World(disk, new Random(1), NO_TROUBLES), "A");
  const open = (used: Disk): SessionStore =>
    new SessionStore(new FileEngine(STORE, { disk: used }), { closeEngine: true });
  const beside = open(own);
  await create(beside, BESIDE, 3);
  await beside.close();
  const store = open(hasNoCheckpoint ? withoutCheckpoints(own) : own);
  await fill(store, ROTTEN);
  // Its checkpoint is written beside the commits.
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  const killed = disk.copy();
  await store.close();
  return isClosed ? disk.copy() : killed;
}

function withoutCheckpoints(disk: SimProcess): Disk {
  return new Proxy<Disk>(disk, {
    get(target, name: keyof Disk): unknown {
      if (name !== "create")
        return (target[name] as ((...args: unknown[]) => unknown) | undefined)?.bind(target);
      const create: Disk["create"] = (path, step) => {
        if (step.startsWith("checkpoint.")) throw systemError("ENOSPC", path);
        return target.create(path, step);
      };
      return create;
    },
  });
}
