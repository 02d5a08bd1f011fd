import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline, and goes on where it was", () => {
  const directory = temporaryDirectory();
  expect(runExample("ai-sdk", directory)).toMatch(
    /You wrote 3 message.*\nchat my-chat, session \S+: 4 messages/,
  );
  expect(runExample("ai-sdk", directory)).toMatch(
    /You wrote 7 message.*\nchat my-chat, session \S+: 8 messages/,
  );
});
