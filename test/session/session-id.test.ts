import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { parseSessionId, readSessionId } from "../../src/session/session-id.ts";

const ID = "1a2b3c4d-0000-4000-8000-00000000000f";
const DIGITS = ID.replaceAll("-", "");
const FORMS = [
  ID,
  ID.toUpperCase(),
  DIGITS,
  DIGITS.toUpperCase(),
  `{${ID}}`,
  `urn:uuid:${ID}`,
  `URN:UUID:${ID}`,
];
const NONE = [
  ...["", "x", "latest", `{${DIGITS}}`, `urn:uuid:${DIGITS}`, `{${ID}`, `${ID}}`, ` ${ID}`, `${ID}\n`],
  ...[
    ID.slice(1),
    `${ID}0`,
    ID.replace("f", "g"),
    `${DIGITS.slice(0, 16)}-${DIGITS.slice(17)}`,
    "-".repeat(36),
  ],
];

describe("an id in a form that Astrid reads", () => {
  test.each(FORMS)("%s", async (form) => {
    expect(readSessionId(form)).toBe(ID);
    await using store = new SessionStore("memory:");
    const session = new AgentSession({ id: ID });
    session.addMessage(Message.user("found"));
    await store.save(session);
    expect((await store.loadByStr(form))?.messages).toEqual([{ role: "user", content: "found" }]);
  });

  test.each(NONE)("%j is none", async (text) => {
    expect(() => readSessionId(text)).toThrow("is not a session id");
    await using store = new SessionStore("memory:");
    await expect(store.loadByStr(text)).rejects.toMatchObject({ code: "INVALID_SESSION_ID" });
  });

  test("becomes a file's name only as it is", () => {
    for (const form of FORMS.slice(1)) expect(() => parseSessionId(form)).toThrow("is not a session id");
  });
});
