import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { RowGroup } from "../harness/row-group.ts";
import { spreadOf } from "../harness/statistics.ts";
import { seededRandom } from "../workload/random.ts";
import { text } from "../workload/text.ts";

const MESSAGE = 4_000;
/** Messages of one commit. */
const BATCH = 20;
const ROUNDS = 20;
/** Milliseconds. */
const MOST = 20;

/** A session that rests: how much of it is left, and how soon its end is read. */
export const pack: RowGroup = {
  name: "pack",
  async run({ quick, log, report, scratch }) {
    const size = quick ? 20e6 : 1e9;
    const folder = scratch.folder("packed");
    log(`pack: generating a session of ${size / 1e6} MB`);
    const id = await generate(folder, size);
    const store = new SessionStore(folder);
    log("pack: packing it");
    const begun = performance.now();
    const { state, bytesBefore, bytesAfter } = await store.pack(id);
    const took = performance.now() - begun;
    if (state !== "packed") throw new Error(`the session was not packed: ${state}`);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const asked = performance.now();
      let count = 0;
      for await (const _ of store.messages(id, { reverse: true, limit: 20 })) count++;
      if (count !== 20) throw new Error(`${count} messages`);
      times.push(performance.now() - asked);
    }
    await store.close();
    const row = `A packed session of ${size / 1e9} GB`;
    const last = "the last 20 messages";
    report.add({ row, contender: "packing it", unit: "ms", value: spreadOf([took]) });
    report.add({ row, contender: last, unit: "ms", value: spreadOf(times) });
    report.add({
      row: `${row}: size`,
      ...{ contender: "packed", unit: "MB", baseline: "journal and document" },
      value: spreadOf([bytesAfter / 1e6]),
      ratio: spreadOf([bytesAfter / bytesBefore]),
    });
    report.atMost(`${last} of a packed session of ${size / 1e9} GB, ms`, Math.max(...times.slice(1)), MOST);
  },
};

async function generate(folder: string, size: number): Promise<string> {
  const random = seededRandom(27);
  const session = new AgentSession({ messages: [Message.user("begin")] });
  const store = new SessionStore(folder, { durability: "process" });
  await store.save(session);
  for (let count = 0; count * MESSAGE < size; count += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, at) =>
      Message.assistant(`${count + at} ${text(MESSAGE, random)}`),
    );
    await store.append(session.id, batch);
  }
  await store.close();
  return session.id;
}
