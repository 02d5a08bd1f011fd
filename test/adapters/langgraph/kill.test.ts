import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { linesUntilKilled } from "../kill.ts";
import { put, threadConfig } from "./samples.ts";

const PROGRAM = new URL("saver-process.ts", import.meta.url);

interface Report {
  readonly id: string;
  readonly list?: readonly string[];
  readonly write?: number;
}

async function expectStored(directory: string, name: string, lines: readonly string[]): Promise<void> {
  await using store = new SessionStore(directory);
  const saver = new AstridSaver(store);
  for (const line of lines) {
    const { id, list, write } = JSON.parse(line) as Report;
    const tuple = await saver.getTuple({ configurable: { thread_id: "t", checkpoint_id: id } });
    if (list !== undefined) expect(tuple?.checkpoint.channel_values[name]).toEqual(list);
    else expect(tuple?.pendingWrites).toContainEqual([`${name} task`, "step", write]);
  }
  await put(saver, threadConfig("t"), { after: true }, { after: 1 });
}

test.for([1, 2, 3, 11, 40])(
  "kill -9 after %i reports: whatever was reported as stored is there",
  async (count) => {
    const directory = temporaryDirectory();
    const lines = await linesUntilKilled(PROGRAM, [directory, "a"], count);
    await expectStored(directory, "a", lines);
  },
);

test("two processes on one thread, killed: whatever either was told is there", async () => {
  const directory = temporaryDirectory();
  const names = ["a", "b"];
  const lines = await Promise.all(names.map((name) => linesUntilKilled(PROGRAM, [directory, name], 30)));
  for (const [index, name] of names.entries()) await expectStored(directory, name, lines[index] ?? []);
});
