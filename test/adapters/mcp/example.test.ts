import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline", () => {
  const out = runExample("mcp", temporaryDirectory());
  expect(out).toMatch(
    /^tools: list_sessions, .*\nsearch_sessions: .*Quota.*\nread_session: .*The bucket is full/,
  );
});
