// Run in a process of its own, whose memory counts: handles a huge session in every way and prints what it took.
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, parseSessionId } from "../../src/session/session-id.ts";
import { longestTick } from "./longest-tick.ts";

const [directory = "", name] = process.argv.slice(2);
const id = parseSessionId(name);
const engine = new FileEngine(directory);
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  peak = process.memoryUsage.rss();
  const begun = performance.now();
  const { block, collection, result } = await longestTick(work);
  const time = performance.now() - begun;
  console.log(
    JSON.stringify({
      what,
      milliseconds: Math.round(time),
      rss: Math.round(peak / 2 ** 20),
      block: Math.round(block),
      collection: Math.round(collection),
      result,
    }),
  );
}

async function count(range: object): Promise<number> {
  let messages = 0;
  for await (const _ of engine.messages(id, range)) messages++;
  return messages;
}

const say = (text: string): Promise<unknown> =>
  engine.commit(id, { splice: ["end", 0, [Message.user(text)]] });

/** What a process does for the first time waits for its modules. */
async function warmUp(): Promise<void> {
  const place = `${directory}-small`;
  const small = new FileEngine(place);
  const one = newSessionId();
  await small.commit(one, { base: 0, splice: ["end", 0, [Message.user("hello")]] });
  await small.checkpoint(one);
  await small.list({});
  for await (const _ of small.messages(one, { reverse: true })) break;
  await small.close();
  rmSync(place, { recursive: true });
}

await warmUp();
await measured("list", async () => (await engine.list({})).sessions.length);
await measured("tail of an uncovered journal", () => count({ limit: 20, reverse: true }));
await measured("append", () => say("appended"));
await measured("checkpoint, saves going on", async () => {
  let isWriting = true;
  let saves = 0;
  const checkpoint = engine.checkpoint(id).finally(() => (isWriting = false));
  let slowest = 0;
  while (isWriting) {
    const begun = performance.now();
    await say(`meanwhile ${saves++}`);
    slowest = Math.max(slowest, performance.now() - begun);
  }
  await checkpoint;
  return { saves, slowest: Math.round(slowest) };
});
await measured("the index follows", () => setTimeout(500));
await measured("tail", () => count({ limit: 20, reverse: true }));
await measured("all messages", () => count({}));
await measured("all messages, newest first", () => count({ reverse: true }));
await measured("list again", async () => (await engine.list({})).sessions[0]?.lastMessagePreview);
await measured("close", () => engine.close());
clearInterval(watch);
