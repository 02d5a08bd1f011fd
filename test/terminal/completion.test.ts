import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directory, ONE, save, TWO } from "../cli/place.ts";
import { run } from "../cli/run.ts";
import { hasTerminal, Terminal } from "./terminal.ts";

/** A shell that a person starts, without what this machine's own files would do to it. */
const SHELLS = [
  {
    shell: "bash",
    start: "exec bash --norc --noprofile",
    load: 'eval "$(astrid-sessions completion bash)"',
    ask: ["Tab", "Tab"],
  },
  {
    shell: "zsh",
    start: "exec zsh -f",
    load: 'autoload -U compinit; compinit -u -D; eval "$(astrid-sessions completion zsh)"',
    ask: ["Tab"],
  },
  {
    shell: "fish",
    start: "exec fish --no-config --private -C 'set -g fish_autosuggestion_enabled 0'",
    load: "astrid-sessions completion fish | source",
    ask: ["Tab"],
  },
] as const;

for (const { shell, start, load, ask } of SHELLS) {
  const isHere = spawnSync(shell, ["--version"]).status === 0;
  if (!isHere) console.warn(`${shell} is not installed: completion in it is SKIPPED.`);

  test.skipIf(!hasTerminal || !isHere)(
    `${shell} completes commands, options, and sessions by id and by title`,
    async () => {
      await save(ONE, "Mend the login page", ["x"]);
      await save(TWO, "Bake bread", ["x"]);
      const before = readdirSync(directory).sort();
      const terminal = Terminal.open(directory, { columns: 100 });
      const line = async (text: string, isThere: RegExp): Promise<void> => {
        terminal.type("C-u", "C-l", text, ...(isThere.source.includes("bread") ? ask : ["Tab"]));
        await terminal.until(isThere);
      };
      terminal.type(start, "Enter");
      terminal.type(`${load}; clear; echo loa''ded`, "Enter");
      await terminal.until(/^loaded/m);
      await line("astrid-sessions comple", /astrid-sessions completion\s*$/m);
      await line("astrid-sessions list --ord", /astrid-sessions list --order\s*$/m);
      await line("astrid-sessions du --by work", /astrid-sessions du --by workspace\s*$/m);
      await line("astrid-sessions show aaaa1", /astrid-sessions show aaaa1111\s*$/m);
      // fish chooses by what it would insert: there, titles stand beside the ids.
      if (shell !== "fish") await line("astrid-sessions show login", /astrid-sessions show aaaa1111\s*$/m);
      await line(
        "astrid-sessions show aaaa",
        /aaaa2222.*Bake bread[^]*aaaa1111.*Mend the login page|Bake bread[^]*Mend the login/,
      );
      expect(readdirSync(directory).sort()).toEqual(before);
    },
  );
}

test("completion makes no store, and of many sessions without an index no index", async () => {
  expect(run(directory, "completion", "words", "--", "show", "").out).toBe("");
  expect(existsSync(directory)).toBe(false);
  for (let at = 0; at < 120; at++) await save(crypto.randomUUID(), `Session ${at}`, ["x"]);
  expect(run(directory, "completion", "words", "--", "show", "").out).toBe("");
  expect(existsSync(join(directory, "index.sqlite"))).toBe(false);
  run(directory, "search", "x");
  expect(existsSync(join(directory, "index.sqlite"))).toBe(true);
  expect(run(directory, "completion", "words", "--", "show", "Session 77").out).toMatch(
    /^\S{8,}\tSession 77\n$/,
  );
});

test("completion knows what a word is: options' values, files, the store, what follows an option", async () => {
  await save(ONE, "Mend the login page", ["x"]);
  const words = (...typed: string[]): string[] =>
    run("/nowhere", "completion", "words", "--", ...typed)
      .out.split("\n")
      .filter((line) => line !== "");
  expect(words("import", "")).toEqual([":files"]);
  expect(words("--store", directory, "show", "--last", "5", "mend")).toEqual([
    "aaaa1111\tMend the login page",
  ]);
  expect(words(`--store=${directory}`, "show", "")).toEqual([
    "latest\tthe one that changed last",
    "aaaa1111\tMend the login page",
  ]);
  await save(TWO, "Bake bread", ["x"]);
  run(directory, "rm", TWO);
  expect(words("--store", directory, "restore", "")).toEqual(["aaaa2222\tBake bread"]);
  expect(words("--store", directory, "restore", "mend")).toEqual([]);
  expect(words("search", "lo")).toEqual([]);
  expect(words("completion", "")).toEqual(["bash\t", "zsh\t", "fish\t"]);
  expect(words("trash", "em")[0]).toMatch(/^empty\t/);
  expect(words("nonsense", "--jso")).toEqual(["--json\tresults, and errors, as JSON"]);
});
