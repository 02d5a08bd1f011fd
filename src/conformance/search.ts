import assert from "node:assert/strict";
import type { StorageEngine } from "../engine/contract.ts";
import { Message } from "../session/message.ts";
import type { Chapter } from "./guarantee.ts";
import { append, create, refusal } from "./samples.ts";

async function found(
  engine: StorageEngine,
  text: string,
  more: object = {},
): Promise<[string | null, number | undefined][]> {
  const hits = await engine.search({ text, ...more });
  return hits.map(({ title, position }) => [title, position]);
}

export const search: Chapter = {
  title: "search",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.search) {
      guarantee("an engine without a search refuses", async (engine) => {
        await create(engine, [Message.user("needle")]);
        await refusal(engine.search({ text: "needle" }), "NOT_SUPPORTED");
      });
      return;
    }

    guarantee(
      "messages are found as soon as they are stored, and no more once they are gone",
      async (engine) => {
        const { id } = await create(engine, [Message.user("hay"), Message.assistant("a needle here")], {
          title: "one",
        });
        await create(engine, [Message.user("more hay")], { title: "other" });
        assert.deepEqual(await found(engine, "needle"), [["one", 1]]);
        // Brought in from elsewhere: it counts as old, and is found all the same.
        await append(engine, id, [Message.user("another needle")], { at: "2020-02-02T02:02:02.000Z" });
        assert.deepEqual((await found(engine, "needle")).sort(), [
          ["one", 1],
          ["one", 2],
        ]);
        assert.deepEqual(await found(engine, "needle", { role: "user" }), [["one", 2]]);
        await engine.remove(id);
        assert.deepEqual(await found(engine, "needle"), []);
      },
    );

    guarantee("all words must occur; no text is an error", async (engine) => {
      await create(engine, [Message.user("red green"), Message.user("green blue")], { title: "t" });
      assert.deepEqual(await found(engine, "green red"), [["t", 0]]);
      for (const text of ["", '"', "AND", "(", "*", "a:b", "\ud800", "\u0000"]) {
        assert.ok(Array.isArray(await engine.search({ text })), JSON.stringify(text));
      }
    });
  },
};
