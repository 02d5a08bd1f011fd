import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { base, directory, ONE, save, TWO } from "../cli/place.ts";
import { run, runJson } from "../cli/run.ts";
import { hasTerminal, Terminal } from "./terminal.ts";

const THREE = "cccc3333-0000-4000-8000-000000000000";

/** The picker in a terminal, with a home of its own. */
function picker(columns: number, { args = "", rows = 24, environment = {}, at = base } = {}): Terminal {
  const own = { ASTRID_HOME: join(base, "home"), ...environment };
  const terminal = Terminal.open(directory, { columns, rows }, own, at);
  terminal.type(`astrid-sessions ${args}`, "Enter");
  return terminal;
}

describe.skipIf(!hasTerminal)("the picker in a terminal", () => {
  test.each([40, 80, 140])(
    "at %d columns: filter, read at the find, back to the same place, quit",
    async (columns) => {
      await save(ONE, "日本語 about the parser", [
        "hello there",
        "a needle in the hay",
        ...Array.from({ length: 30 }, () => "and more"),
      ]);
      await save(TWO, "Something else", ["nothing"]);
      const terminal = picker(columns);
      await terminal.until(
        (lines) => lines.some((line) => line.startsWith("›")) && lines.join().includes("日本語"),
      );
      terminal.type("need");
      const found = await terminal.until((lines) =>
        lines.some((line) => line.includes("#1 a needle in the hay")),
      );
      for (const line of found) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      expect(found[0]).toMatch(/^> need +1/);
      expect(found.join("\n")).not.toContain("Something else");
      terminal.type("C-o");
      const read = await terminal.until(/^日本語.*#1 of 32$/m);
      expect(read[0]).toMatch(/^日本語 about the parser +#1 of 32$/);
      for (const line of read) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      terminal.type("q");
      await terminal.until((lines) => lines[0]?.startsWith("> need") === true);
      terminal.type("Escape");
      await terminal.until("Something else");
      terminal.type("Escape");
      await terminal.until((lines) => lines.includes("$"));
      expect(terminal.isAlternate()).toBe(false);
      terminal.type("echo code $?", "Enter");
      await terminal.until(/^code 0$/m);
    },
  );

  test("a session that begins, or goes on, appears by itself; the selection stays", async () => {
    await save(ONE, "The first", ["x"]);
    await save(TWO, "The second", ["x"]);
    const terminal = picker(80);
    await terminal.until(/The first[^]*Esc quit/);
    terminal.type("Down");
    await terminal.until(/^› .*The first/m);
    // The activity is gone when everything is read and what happens is heard.
    await terminal.until((lines) => !(lines[0] ?? "").includes("…"));
    await save(THREE, "The third", ["x"]);
    await terminal.until(/The third[^]*\n› .*The first/);
    await using store = new SessionStore(directory);
    await store.append(TWO, [Message.user("and on")]);
    await terminal.until(/The second[^]*The third[^]*\n› .*The first/);
  });

  test("what is done to sessions: pin, rename, mark, trash and back, fork, copy, export", async () => {
    await save(ONE, "The first", ["x"]);
    await save(TWO, "The second", ["x"]);
    const terminal = picker(80);
    await terminal.until(/› .*The second[^]*Esc quit/);
    terminal.type("C-s");
    await terminal.until("★ The second");
    terminal.type("C-t", "C-u");
    await terminal.until("Title: █");
    terminal.type("Renamed now", "Enter");
    await terminal.until("★ Renamed now");
    terminal.type("C-y");
    await terminal.until(`Copied: ${TWO}`);
    terminal.type("C-e");
    await terminal.until("Export as: m Markdown");
    terminal.type("j");
    await terminal.until(`Exported to ${TWO}.jsonl`);
    expect(readFileSync(join(base, `${TWO}.jsonl`), "utf8")).toContain("Renamed now");
    terminal.type("C-x");
    await terminal.until("1 session to the trash");
    expect((await terminal.until("The first")).join("\n")).not.toContain("Renamed");
    terminal.type("C-z");
    await terminal.until("Renamed now");
    terminal.type("Home", "BTab", "BTab");
    await terminal.until("2 marked");
    terminal.type("C-f");
    await terminal.until("2 sessions forked.");
    const { sessions } = runJson(directory, "list").json;
    const titles = sessions.map((one) => (one as { title: string }).title);
    expect(titles.sort()).toEqual(["Renamed now", "Renamed now (fork)", "The first", "The first (fork)"]);
  });

  test("the reader: the find is marked, N goes back, and the page that is exported is Markdown", async () => {
    const said = [
      "a needle",
      ...Array.from({ length: 30 }, (_, index) => `hay ${index}`),
      "the needle again",
    ];
    await save(ONE, "Hay", said);
    const terminal = picker(80);
    await terminal.until(/› .*Hay[^]*Esc quit/);
    terminal.type("C-o");
    await terminal.until(/of 32$/m);
    terminal.type("/");
    await terminal.until("/█");
    terminal.type("needle", "Enter");
    await terminal.until(/^#31/m);
    expect(terminal.colours()).toContain("\u001b[7mneedle\u001b[");
    terminal.type("N");
    await terminal.until(/^#0$/m);
    terminal.type("n");
    await terminal.until(/^#31$/m);
    terminal.type("e", "m");
    await terminal.until(`Exported to ${ONE}.md.`);
    expect(readFileSync(join(base, `${ONE}.md`), "utf8")).toContain("the needle again");
  });

  test("Enter is asked once; it resumes with the terminal handed over, and says what it runs", async () => {
    const project = join(base, "project");
    mkdirSync(join(project, ".git"), { recursive: true });
    const file = join(base, "faff42ab-6ea5-4f78-b8c4-f7dd6272af08.jsonl");
    const record = {
      ...{
        type: "user",
        uuid: "a",
        parentUuid: null,
        sessionId: "faff42ab-6ea5-4f78-b8c4-f7dd6272af08",
        cwd: project,
      },
      ...{
        version: "2.1.0",
        timestamp: "2026-01-10T02:08:26.108Z",
        message: { role: "user", content: "hello" },
      },
    };
    writeFileSync(file, `${JSON.stringify(record)}\n`);
    expect(run(directory, "import", file).code).toBe(0);
    await save(ONE, "Of elsewhere", ["x"], { workspacePath: "/elsewhere" });
    const bin = join(base, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "claude"),
      '#!/bin/sh\necho "agent $@ in $(pwd)"; read line; echo "heard $line"; exit 7\n',
    );
    chmodSync(join(bin, "claude"), 0o755);
    const terminal = picker(140, {
      environment: { PATH: `${bin}:${process.env["PATH"] ?? ""}` },
      at: project,
      args: "",
    });
    await terminal.until(/this project[^]*› .*hello/);
    terminal.type("Enter");
    await terminal.until("Enter shall");
    terminal.type("r");
    const id = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";
    const handed = await terminal.until(`agent --resume ${id} in ${project}`);
    expect(handed.join("\n")).toContain(`cd ${project} && claude --resume ${id}`);
    expect(terminal.isAlternate()).toBe(false);
    terminal.type("typed to it", "Enter");
    await terminal.until("heard typed to it");
    terminal.type("clear; echo code $?; cat $ASTRID_HOME/picker.json", "Enter");
    await terminal.until('{"enter":"resume"}');
  });

  test("Tab shows everything, and this project again", async () => {
    const project = join(base, "project");
    mkdirSync(join(project, ".git"), { recursive: true });
    await save(ONE, "Of the project", ["x"], { workspacePath: project });
    await save(TWO, "Of elsewhere", ["x"], { workspacePath: "/elsewhere" });
    const terminal = picker(80, { at: project });
    const own = await terminal.until("this project");
    expect(own.join("\n")).not.toContain("Of elsewhere");
    terminal.type("Tab");
    await terminal.until(/everywhere[^]*Of elsewhere/);
    terminal.type("Tab");
    await terminal.until((lines) => !lines.join("\n").includes("Of elsewhere"));
  });

  test("resizing, pasting, and without colours", async () => {
    await save(ONE, "The needle and the hay", ["x"]);
    await save(TWO, "Other", ["x"]);
    const terminal = picker(80, { environment: { NO_COLOR: "1" } });
    await terminal.until(/The needle[^]*Esc quit/);
    terminal.resize(40, 12);
    await terminal.until(
      (lines) =>
        lines.length === 12 &&
        lines.every((line) => textWidth(line) <= 40) &&
        lines.join().includes("The needle"),
    );
    terminal.resize(120, 30);
    await terminal.until((lines) => lines.length === 30 && lines[1] === "─".repeat(120));
    terminal.paste("needle\nand");
    await terminal.until(
      (lines) => lines[0]?.startsWith("> needle and") === true && !lines.join().includes("Other"),
    );
    // No colour: neither of the foreground nor of the background.
    // eslint-disable-next-line no-control-regex
    expect(terminal.colours()).not.toMatch(/\u001b\[[\d;]*\b(3|4|9|10)\d(;|m)/);
  });

  test("a signal gives the terminal back", async () => {
    await save(ONE, "The first", ["x"]);
    const terminal = picker(80);
    await terminal.until("The first");
    expect(terminal.isAlternate()).toBe(true);
    terminal.resize(80, 24);
    terminal.signal("SIGTERM");
    await terminal.until((lines) => lines.includes("$"));
    expect(terminal.isAlternate()).toBe(false);
    terminal.type("echo still $((1+1))", "Enter");
    await terminal.until(/^still 2$/m);
  });

  test("--plain leaves what was on the screen", async () => {
    await save(ONE, "The first", ["x"]);
    const terminal = picker(80, { args: "--plain" });
    await terminal.until("The first");
    expect(terminal.isAlternate()).toBe(false);
    terminal.type("Escape");
    await terminal.until((lines) => !lines.join().includes("The first"));
    expect(terminal.screen()[0]).toBe("$ astrid-sessions --plain");
  });
});

test("elsewhere than on a terminal there is the help", async () => {
  await save(ONE, "The first", ["x"]);
  expect(run(directory)).toMatchObject({ code: 2, out: "" });
  expect(run(directory).err).toContain("Usage: astrid-sessions");
  expect(existsSync(join(base, "home"))).toBe(false);
  expect(readdirSync(base)).toEqual(["store"]);
  await using store = new SessionStore(directory);
  expect(await store.load(ONE)).toBeInstanceOf(AgentSession);
});
