import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { assistantMessage, modelError, ScriptedModel } from "@openai/agents-core/testing";
import { OpenAIResponsesCompactionSession } from "@openai/agents-openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openaiSession } from "../../../src/adapters/openai-agents/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { agentWith, brief, look, runRecorded } from "./samples.ts";

/** What OpenAI's service answers to `responses.compact`, on this machine. */
let service: Server;
let asked: unknown[] = [];
beforeAll(async () => {
  service = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push(JSON.parse(body));
      response.setHeader("content-type", "application/json");
      const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
      const output = [{ type: "compaction", id: "cmp_1", encrypted_content: "…" }];
      response.end(
        JSON.stringify({ id: "resp_1", object: "response.compaction", created_at: 1, output, usage }),
      );
    });
  });
  await new Promise<void>((resolve) => void service.listen(0, "127.0.0.1", resolve));
  process.env["OPENAI_API_KEY"] = "none";
  process.env["OPENAI_BASE_URL"] = `http://127.0.0.1:${(service.address() as AddressInfo).port}/v1`;
});
afterAll(() => service.close());

describeOnEachEngine("recorded, over the SDK's compaction session", (place) => {
  for (const stream of [false, true]) {
    const streamed = stream ? ", streamed" : "";
    const open = (isDue: () => boolean) => {
      const stored = openaiSession(place.open(), { sessionId: "s" });
      const session = new OpenAIResponsesCompactionSession({
        underlyingSession: stored,
        compactionMode: "input",
        shouldTriggerCompaction: isDue,
      });
      return { stored, session };
    };
    const script = () => [[look("c1", "a")], [assistantMessage("At a.")]];

    test(`a run is recorded as it goes, and compacted when it has ended${streamed}`, async () => {
      asked = [];
      const { stored, session } = open(() => true);
      const seen: string[][] = [];
      const model = new ScriptedModel(script());
      const agent = agentWith(model, async () => {
        const other = openaiSession(place.open(), { sessionId: "s" });
        while ((await other.getItems()).length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(brief(await other.getItems()));
        return "found";
      });
      await runRecorded(agent, session, "Where?", { stream });
      expect(seen).toEqual([["user Where?", "call c1"]]);
      expect(asked).toHaveLength(1);
      expect(brief(await openaiSession(place.open(), { sessionId: "s" }).getItems())).toEqual(["compaction"]);
      // In one commit: nobody finds the session without its messages, and what was compacted is in its history.
      const counts: number[] = [];
      for await (const { splice } of place.open().engine.commits(stored.id, 0))
        counts.push((counts.at(-1) ?? 0) + (splice?.[2].length ?? 0) - (splice?.[1] ?? 0));
      expect(counts).not.toContain(0);
      expect(Math.max(...counts)).toBe(4);

      const next = new ScriptedModel([[assistantMessage("Yes.")]]);
      const again = open(() => false);
      await runRecorded(agentWith(next), again.session, "Sure?", { stream });
      expect(brief(next.lastCall?.request.input as never)).toEqual(["compaction", "user Sure?"]);
      expect(brief(await stored.getItems())).toEqual(["compaction", "user Sure?", "assistant Yes."]);
      expect(brief(await session.getItems())).toEqual(["compaction", "user Sure?", "assistant Yes."]);
    });

    test(`a run that fails loses nothing, and the next one is compacted${streamed}`, async () => {
      asked = [];
      const { stored, session } = open(() => true);
      const failing = new ScriptedModel([[look("c1", "a")], modelError(new Error("overloaded"))]);
      await expect(runRecorded(agentWith(failing), session, "Where?", { stream })).rejects.toThrow(
        "overloaded",
      );
      const kept = ["user Where?", "call c1", "result c1"];
      expect(brief(await stored.getItems())).toEqual(kept);
      expect(brief(await openaiSession(place.open(), { sessionId: "s" }).getItems())).toEqual(kept);
      expect(asked).toEqual([]);
      await runRecorded(agentWith(new ScriptedModel([[assistantMessage("At a.")]])), session, "Go on", {
        stream,
      });
      expect(asked).toHaveLength(1);
      expect(brief(await stored.getItems())).toEqual(["compaction"]);
    });
  }

  test("a session that is cleared in a run is cleared when the run has ended", async () => {
    const stored = openaiSession(place.open(), { sessionId: "s" });
    const session = new OpenAIResponsesCompactionSession({
      underlyingSession: stored,
      shouldTriggerCompaction: () => false,
    });
    await stored.addItems([{ role: "user", content: "old" }]);
    const failing = new ScriptedModel([[look("c1", "a")], modelError(new Error("overloaded"))]);
    const agent = agentWith(failing, async () => (await session.clearSession(), "cleared"));
    await expect(runRecorded(agent, session, "Forget", { stream: false })).rejects.toThrow("overloaded");
    expect(await stored.getItems()).toEqual([]);
    expect(await place.open().list()).toEqual([]);
  });
});
