import { basename, join } from "node:path";
import { newSessionId, type SessionId, type SessionStore } from "../index.ts";
import { jsonEquals } from "../session/json/json.ts";
import { live, type Kill, type Life } from "./life.ts";
import { messagesOf } from "./transcript.ts";

/** A transcript on its way into the store. */
export interface Replay {
  readonly path: string;
  readonly messageCount: number;
  readonly sessionId: SessionId;
  readonly title: string;
}

/** What happened to one transcript. */
export interface Replayed {
  readonly replay: Replay;
  readonly lives: readonly Life[];
  /** Sentences; each is a message that was acknowledged and then not there, or not as it was. */
  readonly losses: readonly string[];
}

/** Counts what a transcript holds. */
export async function prepare(path: string, title = basename(path)): Promise<Replay> {
  let messageCount = 0;
  for await (const _ of messagesOf(path)) messageCount++;
  return { path, messageCount, sessionId: newSessionId(), title };
}

/**
 * Replays a transcript through writers of which `kills` are killed; each that follows goes on where the store is.
 * After every death the store must hold what was acknowledged.
 */
export async function replayWithKills(
  replay: Replay,
  directory: string,
  store: SessionStore,
  kills: number,
  random: () => number,
  tell: (life: Life, stored: number) => void = () => undefined,
): Promise<Replayed> {
  const { path, messageCount, sessionId, title } = replay;
  const args = [join(directory, "sessions"), path, sessionId, title, join(directory, "bare")];
  const lives: Life[] = [];
  const losses: string[] = [];
  let acknowledged = 0;
  for (let killed = 0; ;) {
    const kill = killed < kills ? nextKill(messageCount - acknowledged, kills - killed, random) : undefined;
    const life = await live(args, kill);
    lives.push(life);
    acknowledged = Math.max(acknowledged, life.acknowledged);
    const stored = (await store.summary(sessionId))?.messageCount ?? 0;
    if (stored < acknowledged)
      losses.push(`${path}: ${acknowledged} acknowledged, ${stored} stored after a kill`);
    tell(life, stored);
    if (!life.killed) break;
    killed++;
  }
  losses.push(...(await differences(replay, store)));
  return { replay, lives, losses };
}

/** Spreads the kills over what remains; one in eight falls on the start, where the last crash is recovered from. */
function nextKill(remaining: number, kills: number, random: () => number): Kill {
  if (remaining <= 1 || random() < 1 / 8) return { afterStart: random() * 250 };
  const evenly = Math.max(1, remaining / (kills + 1));
  const afterSaves = Math.min(remaining - 1, Math.max(1, Math.round(random() * 2 * evenly)));
  return { afterSaves, delay: random() * 3 };
}

/** Compares the session with its transcript, message by message. */
export async function differences(
  { path, messageCount, sessionId }: Replay,
  store: SessionStore,
): Promise<string[]> {
  const found: string[] = [];
  const stored = store.messages(sessionId)[Symbol.asyncIterator]();
  let position = 0;
  for await (const message of messagesOf(path)) {
    const next = await stored.next();
    if (next.done === true) break;
    if (next.value.position !== position || !jsonEquals(next.value.message, message)) {
      found.push(`${path}: message ${position} is not what was acknowledged`);
    }
    position++;
  }
  if (position < messageCount) found.push(`${path}: messages ${position} to ${messageCount - 1} are missing`);
  else if ((await stored.next()).done !== true)
    found.push(`${path}: there are more messages than there should be`);
  const { state, findings } = await store.verify(sessionId);
  if (state !== "ok") found.push(`${path}: the store's own check says: ${findings.join(" ")}`);
  return found;
}
