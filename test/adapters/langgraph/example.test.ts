import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline, and again on what it stored", () => {
  const directory = temporaryDirectory();
  expect(runExample("langgraph", directory)).toMatch(
    /^human: Hello\nai: You wrote 1 message.*\nai: Done\.\n4 checkpoints\nsession \S+: 3 messages, last: Done\.\n$/,
  );
  expect(runExample("langgraph", directory)).toMatch(
    /8 checkpoints\nsession \S+: 6 messages, last: Done\.\n$/,
  );
});
