import { expect, test } from "vitest";
import { editIn } from "../../src/session/calls/edit.ts";
import { planIn } from "../../src/session/calls/plan.ts";
import { tellingArgument } from "../../src/session/calls/telling-argument.ts";

/** "+new", "-old", " same", "@place". */
function drawn(input: Parameters<typeof editIn>[0]): string[] | undefined {
  return editIn(input)?.lines.map(({ sign, text }) => sign + text);
}

test("a replacement is told with the lines around it", () => {
  expect(drawn({ file_path: "a.ts", old_string: "1\n2\n3\n4\n5", new_string: "1\n2\nthree\n4\n5" })).toEqual([
    " 1",
    " 2",
    "-3",
    "+three",
    " 4",
    " 5",
  ]);
});

test("a file that is written whole, and a cell of a notebook, are edits", () => {
  expect(editIn({ file_path: "a.ts", content: "one\ntwo\n" })).toEqual({
    lines: [
      { sign: "+", text: "one" },
      { sign: "+", text: "two" },
    ],
    added: 2,
    removed: 0,
  });
  expect(drawn({ notebook_path: "a.ipynb", cell_id: "3", new_source: "import os" })).toEqual(["+import os"]);
});

test("several edits, and patches in a call's text, argument or shell command", () => {
  expect(
    drawn({
      path: "a",
      edits: [
        { oldText: "a", newText: "b" },
        { oldText: "c", newText: "d" },
      ],
    }),
  ).toEqual(["-a", "+b", "@", "-c", "+d"]);
  const patch = "*** Begin Patch\n*** Update File: a.ts\n@@ function f\n-old\n+new\n*** End Patch";
  const lines = ["@Update a.ts", "@function f", "-old", "+new"];
  expect(drawn(patch)).toEqual(lines);
  expect(drawn({ input: patch })).toEqual(lines);
  expect(drawn({ command: ["apply_patch", patch] })).toEqual(lines);
});

test("what edits nothing has no edit", () => {
  expect(editIn({ command: "npm test" })).toBeUndefined();
  expect(editIn({ content: "a message" })).toBeUndefined();
  expect(editIn(null)).toBeUndefined();
});

test("a call is told by what it is about, by the names that agents have for it", () => {
  expect(tellingArgument("shell", { command: ["bash", "-lc", "npm test"] }, null)).toBe("npm test");
  expect(tellingArgument("Read", { file_path: "/w/src/a.ts", offset: 5, limit: 10 }, "/w")).toBe(
    "src/a.ts lines 5–14",
  );
  expect(tellingArgument("Grep", { pattern: "x", path: "/w/src" }, "/w")).toBe("x in src");
  expect(tellingArgument("mcp__tracker__find", { query: "open" }, null)).toBe("open");
});

test("a plan is told by what is done now", () => {
  const plan = {
    plan: [
      { step: "look", status: "completed" },
      { step: "mend", status: "in_progress" },
    ],
  };
  expect(tellingArgument("update_plan", plan, null)).toBe("1 of 2 done: mend");
  expect(planIn(plan)).toEqual([
    { text: "look", state: "done" },
    { text: "mend", state: "now" },
  ]);
});
