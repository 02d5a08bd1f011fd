import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline, and what it stored is stored", () => {
  expect(runExample("claude-agent-sdk", temporaryDirectory())).toMatch(
    /^the SDK lists: A greeting \(Hello\)\nuser: "Hello"\nassistant: .*Good day.*\nsession .*: A greeting, 3 entries\n$/,
  );
});
