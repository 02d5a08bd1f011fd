import type { AgentInputItem } from "@openai/agents-core";
import { expect, test } from "vitest";
import { openaiSession } from "../../../src/adapters/openai-agents/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { linesUntilKilled } from "../kill.ts";

test("kill -9: questions, tool results and answers that were told to be stored are stored, in order, once", async () => {
  const directory = temporaryDirectory();
  const program = new URL("run-process.ts", import.meta.url);
  const told: string[] = [];
  for (const [index, lines] of [1, 2, 3, 17, 50].entries())
    told.push(...(await linesUntilKilled(program, [directory, "killed", `p${index}`], lines)));
  await using store = new SessionStore(directory);
  const session = openaiSession(store, { sessionId: "killed" });
  const stored = (await session.getItems()).map((item) => JSON.stringify(sorted(item)));
  const expected = told.map((line) => JSON.stringify(sorted(JSON.parse(line) as AgentInputItem)));
  let from = 0;
  for (const item of expected) {
    const at = stored.indexOf(item, from);
    expect(at, item).toBeGreaterThanOrEqual(from);
    from = at + 1;
  }
  expect(new Set(stored).size, "nothing twice").toBe(stored.length);
  expect(await store.verify(session.id)).toMatchObject({ state: "ok" });
});

/** Without the ids that only the model's own copy of an item has, its keys in order. */
function sorted(item: object): object {
  return Object.fromEntries(
    Object.entries(item)
      .filter(([key]) => key !== "id")
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}
