import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import type { SearchQuery } from "../../engine/contract.ts";
import type { Chapter } from "../guarantee.ts";
import { create, refusal } from "../samples.ts";

export const searchLeavesOut: Chapter = {
  title: "what a search leaves out",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.search) return;

    guarantee("messages and titles that have an unwanted word or phrase", async (engine) => {
      const texts = ["a needle", "a needle in hay", "a needle in the barn", "needle haystack"];
      await create(
        engine,
        texts.map((text) => Message.user(text)),
        { title: "needle and hay" },
      );
      const without = async (...words: readonly string[]): Promise<unknown[]> =>
        (await engine.search({ text: "needle", without: words })).map(({ position }) => position).sort();
      assert.deepEqual(await without(), [0, 1, 2, 3, undefined]);
      assert.deepEqual(await without("hay"), [0, 2, 3]);
      assert.deepEqual(await without("hay*"), [0, 2]);
      assert.deepEqual(await without("HAY", "barn"), [0, 3]);
      assert.deepEqual(await without('"in the barn"'), [0, 1, 3, undefined]);
      assert.deepEqual(await without("needle"), []);
      // What holds no word leaves nothing out.
      assert.deepEqual(await without("-", ""), [0, 1, 2, 3, undefined]);
      assert.deepEqual(await engine.search({ text: "", without: ["hay"] }), []);
    });

    guarantee("who speaks, tools, sources, tags and directories", async (engine) => {
      const call = { type: "tool_use", id: "1", name: "Grep", input: { pattern: "needle" } };
      const result = { type: "tool_result", tool_use_id: "1", content: "the needle is here" };
      const messages = [
        Message.user("find the needle"),
        Message.from({ role: "assistant", content: [call] }),
        Message.from({ role: "user", content: [result] }),
      ];
      const place = { workspacePath: "/home/a/Parser", tags: ["x"], custom: { source: "codex" } };
      await create(engine, messages, { title: "one", ...place });
      await create(engine, [Message.user("needle")], { title: "two" });
      const left = async (except: SearchQuery["except"]): Promise<unknown[]> =>
        (await engine.search({ text: "needle", except }))
          .map(({ title, position }) => `${title} ${position}`)
          .sort();
      const all = ["one 0", "one 1", "one 2", "two 0"];
      assert.deepEqual(await left({}), all);
      assert.deepEqual(await left({ role: ["tool"] }), ["one 0", "one 1", "two 0"]);
      assert.deepEqual(await left({ role: ["tool", "user"] }), ["one 1"]);
      assert.deepEqual(await left({ tool: ["GREP"] }), ["one 0", "one 2", "two 0"]);
      assert.deepEqual(await left({ tool: ["gre"] }), all);
      for (const except of [{ source: ["codex"] }, { tag: ["x"] }, { directory: ["A/parser"] }])
        assert.deepEqual(await left(except), ["two 0"], JSON.stringify(except));
      assert.deepEqual(await left({ source: ["astrid"] }), ["one 0", "one 1", "one 2"]);
      assert.deepEqual(await left({ source: ["astrid", "codex"] }), []);
      assert.deepEqual(await left({ tag: ["y"], directory: ["elsewhere"], source: ["pi"] }), all);
    });

    guarantee("what is no list of texts is refused", async (engine) => {
      for (const wrong of [{ without: "hay" }, { without: [1] }, { except: [] }, { except: { tag: "x" } }])
        await refusal(engine.search({ text: "needle", ...(wrong as object) }), "INVALID_ARGUMENT");
    });
  },
};
