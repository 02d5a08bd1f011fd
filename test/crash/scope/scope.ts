import { createHash } from "node:crypto";
import { AgentSession, FileEngine, SessionStore, type SessionId } from "../../../src/index.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { Calls, type Workplace } from "../simulation/calls.ts";
import { makeDeterministic } from "../simulation/determinism.ts";
import { History, Violation } from "../simulation/history.ts";
import { inspect } from "../simulation/inspection.ts";
import { STORE } from "../simulation/open-alone.ts";
import { numbered } from "../simulation/message-text.ts";
import { Random } from "../simulation/random.ts";
import type { State } from "../simulation/session-model.ts";
import { SimDisk } from "../simulation/sim-disk.ts";
import { SimProcess } from "../simulation/sim-process.ts";
import { NO_CUT, NO_TROUBLES, World, type Life } from "../simulation/world.ts";
import type { Orders } from "./orders.ts";

/** How many commits a writer makes at once, one batch after the other. */
export type Batches = readonly number[];

/** Two writers of one session. */
export interface Scope {
  readonly writers: readonly [Batches, Batches];
  readonly locksLie: boolean;
}

/**
 * Up to three commits, in batches of one to three; and four at once, of which the engine writes the first alone and the
 * three that come while it does in one write.
 */
const BATCHES: readonly Batches[] = [[1], [2], [1, 1], [3], [1, 2], [2, 1], [1, 1, 1], [4]];

/** Every scope, the smallest first; of two writers it makes no difference which is which. */
export const SCOPES: readonly Scope[] = BATCHES.flatMap((second, index) =>
  BATCHES.slice(0, index + 1).flatMap((first) =>
    [false, true].map((locksLie): Scope => ({ writers: [first, second], locksLie })),
  ),
);

/** How many commits the two make together. */
export function commitsOf({ writers }: Scope): number {
  return writers.flat().reduce((sum, count) => sum + count, 0);
}

/** What was looked at. */
export interface Looked {
  histories: number;
  /** Different states that a power cut may leave, each recovered. */
  states: number;
}

/**
 * Numbers of messages. The first two of a batch are so long that a block may lie within it, so that it may be lost while
 * those behind it arrive; the others are short, so that there are not too many blocks.
 */
const [FIRST, LONG, SHORT, NEXT] = [2, 4, 1, 8];

/** A store with one session of one message, closed; all of it durable. */
async function begin(id: SessionId): Promise<SimDisk> {
  const disk = new SimDisk();
  disk.createDirectory("/home");
  const process = new SimProcess(new World(disk, new Random(0), NO_TROUBLES), "first");
  const store = new SessionStore(new FileEngine(STORE, { disk: process }), { closeEngine: true });
  const session = new AgentSession({ id, messages: [numbered(FIRST)] });
  await store.save(session);
  await store.close();
  return disk.copy();
}

/** Made once: a journal has a key of its own, by which two that are otherwise alike would differ. */
let beginning: SimDisk | undefined;

/**
 * Runs the writers in the order that `orders` says, and behind each step recovers every state that a power cut may
 * leave there and that was not seen before.
 * @param switches how often a writer that could go on is held up for the other, at most.
 * @throws {Violation}
 */
export async function runScope(
  { writers, locksLie }: Scope,
  orders: Orders,
  switches: number,
  seen: Set<string>,
  looked: Looked,
  wrap: (disk: Disk) => Disk = (disk) => disk,
  log?: (line: string) => void,
): Promise<void> {
  makeDeterministic(0);
  // The same bytes whatever the order: what two orders leave alike is looked at once.
  Date.now = () => 1_700_000_000_000;
  const history = new History(1);
  const id = history.ids[0] as SessionId;
  const troubles = { ...NO_CUT, lyingLocks: locksLie };
  beginning ??= await begin(id);
  history.model(id).settle({
    live: { revision: 1, messages: [`m${FIRST}`], title: null, side: [] },
    trash: [],
  });
  const world = new World(beginning.copy(), new Random(0), troubles, log);
  let last: Life | undefined;
  let left = switches;
  world.choose = (waiting) => {
    const lives = [...new Set(waiting)];
    const goesOn = last !== undefined && lives.includes(last);
    const options = goesOn && left === 0 ? lives.filter((one) => one === last) : lives;
    const chosen = options.length === 1 ? options[0] : options[orders.choose(options.length)];
    if (goesOn && chosen !== last) left--;
    last = chosen;
    return waiting.indexOf(chosen as Life);
  };
  const toLookAt: { disk: SimDisk; history: History }[] = [];
  world.afterTurn = () => {
    for (const image of world.disk.images(`${STORE}/${id}.journal.jsonl`)) {
      const key = fingerprint(image, history, id);
      if (seen.has(key)) continue;
      seen.add(key);
      toLookAt.push({ disk: image, history: history.asAfterACut() });
    }
  };
  let running: number = writers.length;
  let failure: unknown;
  for (const [index, batches] of writers.entries()) {
    const own = new SimProcess(world, "AB"[index] ?? "?");
    const place = placeOf(own, wrap(own), history, world);
    write(place, id, batches, NEXT * (1 + 4 * index)).then(
      () => running--,
      (error: unknown) => (failure ??= error),
    );
  }
  const end = await world.run(() => running === 0 || failure !== undefined);
  world.isCut = true;
  if (end === "stuck") throw new Violation("everyone waits for ever");
  if (failure !== undefined) throw failure as Error;
  looked.histories++;
  for (const one of toLookAt) {
    looked.states++;
    await inspect(one.disk, one.history, recovering(looked.states % RECOVERED === 0));
  }
}

/** One of so many states is written to, twice, and looked at again. */
const RECOVERED = 4;

function recovering(isRecovered: boolean): Random {
  return { next: () => 0, below: () => 0, chance: () => isRecovered } as unknown as Random;
}

function fingerprint(disk: SimDisk, history: History, id: SessionId): string {
  const hash = createHash("sha1");
  for (const name of [`${id}.json`, `${id}.journal.jsonl`]) {
    const node = disk.find(`${STORE}/${name}`);
    hash.update(`${name} `).update(node?.kind === "file" ? node.content : "none");
  }
  const { base, attempts } = history.model(id);
  hash.update(JSON.stringify([base, attempts.map((one) => [one.note, one.outcome, one.revision])]));
  return hash.digest("base64");
}

function placeOf(own: SimProcess, disk: Disk, history: History, world: World): Workplace {
  const openStore = (): SessionStore =>
    new SessionStore(new FileEngine(STORE, { disk }), { closeEngine: true });
  return {
    name: own.life.name,
    owner: own.life,
    history,
    random: world.random,
    isDurable: true,
    mayFail: false,
    mayRemove: false,
    store: openStore(),
    openStore,
    log: world.log,
    turn: () => world.turn(own.life),
    isOn: () => !world.isCut,
  };
}

async function write(place: Workplace, id: SessionId, batches: Batches, first: number): Promise<void> {
  const calls = new Calls(place);
  let number = first;
  for (const count of batches) {
    await place.turn();
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const own = number + (index < 2 ? LONG : SHORT);
        number += NEXT;
        const append = ({ live, trash }: State): State | undefined =>
          live && {
            live: { ...live, revision: live.revision + 1, messages: [...live.messages, `m${own}`] },
            trash,
          };
        const attempt = calls.begin(id, "append", `append m${own}`, { appends: `m${own}` }, append);
        await calls.attempt(
          id,
          attempt,
          async () => (await place.store.append(id, [numbered(own)])).revision,
        );
      }),
    );
  }
}

export function titleOf({ writers, locksLie }: Scope): string {
  return `${writers.map((batches) => batches.join("+")).join(" beside ")}, locks ${locksLie ? "lie" : "hold"}`;
}
