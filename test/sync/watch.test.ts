import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { syncSessions } from "../../src/import.ts";
import { SessionStore } from "../../src/index.ts";
import { run } from "../cli/run.ts";
import { contents } from "./contents.ts";
import { agentHome, claudeLine, id } from "./home.ts";
import { lost, took, Watching } from "./watching.ts";

const place = agentHome();

test("what is grown, edited, rewound, renamed, removed and made while it watches is as a fresh import has it", async () => {
  const grown = place.claude(id(1), ["one"]);
  const edited = place.claude(id(2), ["two", "three"]);
  const rewound = place.claude(id(3), ["four", "five", "six"]);
  const renamed = place.claude(id(4), ["seven", "eight"]);
  const removed = place.claude(id(5), ["nine"]);
  const folder = dirname(place.claude(id(6), ["ten"], { folder: ".claude/projects/-q" }));
  const watching = new Watching(place.store);
  await watching.until(({ isWhole, taken }) => isWhole && taken.length === 6);

  place.add(grown, id(1), 1, "more");
  await watching.until(took(grown, "extended"));
  // Half a line, and then its rest.
  const [half, rest] = [
    claudeLine(id(1), 2, "even more").slice(0, 40),
    claudeLine(id(1), 2, "even more").slice(40),
  ];
  writeFileSync(grown, half, { flag: "a" });
  await watching.until(took(grown));
  writeFileSync(grown, rest, { flag: "a" });
  await watching.until(took(grown, "extended"));

  writeFileSync(edited, readFileSync(edited, "utf8").replace('"two"', '"TWO"'));
  await watching.until(took(edited, "rewritten"));
  writeFileSync(rewound, readFileSync(rewound, "utf8").split("\n").slice(0, 1).join("\n") + "\n");
  await watching.until(took(rewound, "rewritten"));
  const branch = claudeLine(id(2), 1, "another three").replace(`${id(2)}-1"`, `${id(2)}-1b"`);
  writeFileSync(edited, branch, { flag: "a" });
  await watching.until(took(edited));

  const newName = join(dirname(renamed), "odd-name.jsonl");
  renameSync(renamed, newName);
  await watching.until(lost(renamed), took(newName));
  writeFileSync(newName, readFileSync(newName, "utf8").replace("eight", "EIGHT"));
  await watching.until(took(newName, "rewritten"));
  rmSync(removed);
  await watching.until(lost(removed));

  const moved = join(dirname(folder), "-a moved folder");
  renameSync(folder, moved);
  const inMoved = join(moved, `${id(6)}.jsonl`);
  await watching.until(took(inMoved));
  place.add(inMoved, id(6), 1, "after the move");
  await watching.until(took(inMoved, "extended"));
  const made = place.claude(id(7), ["in a new folder"], { folder: ".claude/projects/-new/deep/subagents" });
  const agent = join(dirname(made), "agent-x.jsonl");
  renameSync(made, agent);
  await watching.until(took(agent));
  rmSync(join(place.home, ".claude/projects/-new"), { recursive: true });
  await watching.until(lost(agent));
  const again = place.claude(id(8), ["made again"], { folder: ".claude/projects/-new" });
  await watching.until(took(again));
  renameSync(join(place.home, ".claude"), join(place.home, "away"));
  await watching.until(lost(again));
  renameSync(join(place.home, "away"), join(place.home, ".claude"));
  place.add(again, id(8), 1, "back again");
  await watching.until(took(again, "extended"));
  expect(await watching.end("SIGINT")).toBe(0);

  await using watched = new SessionStore(place.store);
  await using fresh = new SessionStore("memory:");
  await syncSessions(fresh, { env: { HOME: place.home } });
  const have = await contents(watched);
  for (const kept of [id(5), id(7)]) expect(have.delete(kept)).toBe(true);
  expect(have).toEqual(await contents(fresh));
  expect(run(place.store, "sync", "--status").code).toBe(0);
});

test("a file that cannot be taken is told, and is forgotten when it is whole", async () => {
  place.claude(id(1), ["one"]);
  const watching = new Watching(place.store);
  await watching.until(({ isWhole }) => isWhole);
  const bad = join(place.home, ".claude/projects/-p", `${id(2)}.jsonl`);
  writeFileSync(bad, "\0\0");
  await watching.until(({ sources }) =>
    sources.some(({ failed }) => failed.some(({ path }) => path === bad)),
  );
  expect(run(place.store, "sync", "--status").code).toBe(1);
  writeFileSync(bad, claudeLine(id(2), 0, "well"));
  await watching.until(took(bad, "created"));
  expect(run(place.store, "sync", "--status").code).toBe(0);
  expect(await watching.end()).toBe(0);
});
