import { expect } from "vitest";
import { jsonText } from "../../../src/session/json/json.ts";
import { parseMessage, type Message } from "../../../src/session/message.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import type { SessionStore } from "../../../src/store/session-store.ts";
import { refused } from "./refused.ts";
import { Speaker } from "./steps.ts";
import type { World } from "./world.ts";

/**
 * Something that was said goes out of everything that is stored of a session, of its earlier lives in the trash too;
 * forks keep theirs.
 * @returns whether something of the session changed.
 */
export async function redacted(
  store: SessionStore,
  world: World,
  id: SessionId,
  picked: number,
): Promise<boolean> {
  const life = world.lives.get(id);
  const lives = world.trash.filter((one) => one.id === id).map((one) => one.life);
  if (life !== undefined) lives.unshift(life);
  const said = lives.flatMap(({ states, begins }) => states.slice(begins - 1).flatMap((one) => one.messages));
  const secret = `${numberIn(said[picked % said.length])} said`;
  const asked = store.redact(id, { also: [secret] });
  if (lives.length === 0) {
    await refused(asked, "SESSION_NOT_FOUND");
    return false;
  }
  const isThere = said.some((message) => jsonText(message).includes(secret));
  if (world.held.has(id) && (isThere || store.engine.name === "file")) {
    // Files may have to finish an earlier redaction, which the holder keeps them from as well.
    const isRefused = isThere || (await asked.catch(() => undefined)) === undefined;
    if (isRefused) await refused(asked, "SESSION_HELD");
    return false;
  }
  expect(await asked).toMatchObject({
    id,
    isChanged: isThere,
    revision: life?.revision ?? 0,
    original: "none",
  });
  const again = new Map<Message, Message>();
  const without = (text: string): string => text.replaceAll(secret, "[redacted:named]");
  for (const one of lives)
    one.rewrite((message) => {
      const text = jsonText(message);
      if (!text.includes(secret)) return message;
      const other = again.get(message) ?? parseMessage(without(text));
      again.set(message, other);
      return other;
    }, without);
  expect((await store.redact(id, { also: [secret] })).isChanged).toBe(false);
  return isThere;
}

/** The word that only this message has. */
function numberIn(message: Message | undefined): string {
  return /word\d+/.exec(message === undefined ? "" : jsonText(message))?.[0] ?? Speaker.wordOf(0);
}
