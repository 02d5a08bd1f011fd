import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline, and finds what it left", () => {
  const directory = temporaryDirectory();
  expect(runExample("acp", directory)).toMatch(
    /list: 1 session.*\nload\n {2}user_message_chunk.*Hello.*\n {2}agent/,
  );
  expect(runExample("acp", directory)).toMatch(/list: 2 session/);
});
