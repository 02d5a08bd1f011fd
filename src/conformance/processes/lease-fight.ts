import assert from "node:assert/strict";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../child.ts";
import type { StorageEngine } from "../../engine/contract.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import type { HolderJob, HolderLine } from "./holder.ts";
import { contents, create, stored } from "../samples.ts";
import type { EngineTarget, OpenedEngine } from "../target.ts";

const HOLDER = fileURLToPath(new URL(`./holder${extname(import.meta.url)}`, import.meta.url));
const NAMES = Array.from({ length: 8 }, (_, index) => `fighter ${index + 1}`);
const LEASES = 5;
/** So many commits are made under each. */
const COMMITS = 5;
/** So many of them are killed. */
const KILLS = 4;
/** So many of them take the session over. */
const TAKERS = 2;

/** A process that fights for a session, under a name that no other has. */
export class Fighter {
  readonly name: string;
  readonly child: Child;

  constructor(job: HolderJob) {
    this.name = job.name;
    this.child = new Child([HOLDER, JSON.stringify(job)]);
  }

  get lines(): readonly HolderLine[] {
    return this.child.lines.map((line) => JSON.parse(line) as HolderLine);
  }
}

export const leaseFight: Chapter = {
  title: "a lease that is fought for",
  guarantees(guarantee, target) {
    guarantee(
      "eight processes, holders of which are killed: whoever holds the session writes alone, and each gets it",
      async (engine, opened) => {
        const { id } = await create(engine);
        const place = placeOf(opened, target);
        const start = (name: string): Fighter =>
          new Fighter({ ...place, sessionId: id, name, leases: LEASES, commits: COMMITS, takesOver: false });
        const fighters = NAMES.map(start);
        const victims = fighters.slice(0, KILLS);
        for (const victim of victims) {
          await victim.child.line(/"held","nth":2/);
          await victim.child.kill();
          fighters.push(start(`heir of ${victim.name}`));
        }
        await checkFight(engine, id, fighters, victims);
      },
    );

    guarantee(
      "eight processes, some of which take it over: whoever was taken over writes no more",
      async (engine, opened) => {
        const { id } = await create(engine);
        const place = placeOf(opened, target);
        const fighters = NAMES.map(
          (name, index) =>
            new Fighter({
              ...place,
              sessionId: id,
              name,
              leases: LEASES,
              commits: COMMITS,
              takesOver: index < TAKERS,
            }),
        );
        await checkFight(engine, id, fighters, []);
      },
    );
  },
};

function placeOf(opened: OpenedEngine, target: EngineTarget): Pick<HolderJob, "opener" | "location"> {
  const { opener } = target;
  const { location } = opened;
  assert.ok(
    opener !== undefined && location !== undefined,
    "several processes need an opener and a location",
  );
  return { opener, location };
}

/** Waits for the end of all, and checks that what each lease's holder wrote stands together. */
export async function checkFight(
  engine: StorageEngine,
  id: SessionId,
  fighters: readonly Fighter[],
  victims: readonly Fighter[],
): Promise<void> {
  await Promise.all(fighters.filter((one) => !victims.includes(one)).map(({ child }) => child.output()));
  const there = contents((await stored(engine, id)).messages) as string[];
  const written = new Map<string, number[]>();
  let last: string | undefined;
  for (const text of there) {
    const [, lease = "", n] = /^(.*) (\d+)$/.exec(text) ?? [];
    if (lease !== last) assert.ok(!written.has(lease), `${lease} was interrupted:\n${there.join("\n")}`);
    last = lease;
    written.set(lease, [...(written.get(lease) ?? []), Number(n)]);
  }
  let acknowledged = 0;
  for (const { name, lines } of fighters) {
    const ended = lines.filter(({ kind }) => kind === "ended").length;
    if (!victims.some((victim) => victim.name === name)) assert.equal(ended, LEASES, name);
    for (const line of lines) {
      if (line.kind !== "stored") continue;
      acknowledged++;
      // The session was created by a commit without a message.
      assert.equal(there[line.revision - 2], `${name} ${line.nth} ${line.n}`);
    }
    for (const line of lines) {
      if (line.kind === "ended" && !line.isLost)
        assert.equal(written.get(`${name} ${line.nth}`)?.length, COMMITS);
    }
  }
  for (const numbers of written.values())
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  // A commit of each that was killed may be stored and yet unanswered.
  assert.ok(
    there.length <= acknowledged + victims.length,
    `${there.length} stored, ${acknowledged} answered`,
  );
}
