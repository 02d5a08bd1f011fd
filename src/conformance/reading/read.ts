import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { create, leavesUntouched, numbered, stored } from "../samples.ts";

export const read: Chapter = {
  title: "read",
  guarantees(guarantee) {
    guarantee("a session that is not there reads as undefined", async (engine) => {
      assert.equal(await engine.read(newSessionId()), undefined);
      await create(engine, numbered(1));
      assert.equal(await engine.read(newSessionId()), undefined);
    });

    guarantee("every form of message comes back as it was given", async (engine) => {
      const messages = [
        Message.system("Be brief.", { id: "m-1", at: "2026-01-01T00:00:00Z" }),
        Message.user("Hello"),
        Message.toolCalls([{ id: "c1", name: "fs:read", arguments: { path: "/a", lines: [1, 2] } }]),
        Message.toolResult({ callId: "c1", content: "text", isError: true }),
        Message.parts("user", [
          { type: "text", text: "look" },
          { type: "image", data: "AAAA", media_type: "image/png" },
        ]),
        Message.from({ role: "critic", content: { anything: [null, true, 1.5] }, "x-key": { kept: "too" } }),
      ];
      const { id } = await create(engine, messages);
      assert.deepEqual((await stored(engine, id)).messages, messages);
    });

    guarantee("what is read is frozen, and the array of messages is the reader's own", async (engine) => {
      const { id } = await create(engine, [Message.from({ role: "user", content: { deep: [{ er: 1 }] } })]);
      const first = await stored(engine, id);
      const [message] = first.messages;
      assert.ok(message !== undefined && Object.isFrozen(message) && Object.isFrozen(message.content));
      assert.ok(Object.isFrozen((message.content as { deep: object }).deep));
      assert.ok(Object.isFrozen(first.head));
      first.messages.push(Message.user("not stored"));
      assert.equal((await stored(engine, id)).messages.length, 1);
    });

    guarantee("reading changes nothing", async (engine) => {
      const { id } = await create(engine, numbered(3));
      await leavesUntouched(engine, id, () => stored(engine, id));
    });
  },
};
