import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { runExample } from "../run-example.ts";

test("the example runs offline: a failed run loses nothing, the next one goes on", () => {
  expect(runExample("openai-agents", temporaryDirectory())).toMatch(
    /^failed: The model is overloaded\.\nstored: message, function_call, function_call_result\nstored: message, function_call, function_call_result, message, message\nsession \S+: 5 items, last: Take an umbrella\.\n$/,
  );
});
