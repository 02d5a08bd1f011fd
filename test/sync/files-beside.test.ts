import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { run, runJson } from "../cli/run.ts";
import { agentHome, claudeLine, id } from "./home.ts";

const place = agentHome();
const FOLDER = ".claude/projects/-p";

/** A record of an answer that stands in a file of its own. */
function persisted(name: string, index: number): string {
  const record = JSON.parse(claudeLine(id(1), index, "")) as object;
  const path = `/home/u/${FOLDER}/${id(1)}/tool-results/${name}`;
  const content = `<persisted-output>\nOutput too large (54.2KB). Full output saved to: ${path}\n\nPreview (first 2KB):\nabc\n</persisted-output>`;
  const message = { role: "user", content: [{ type: "tool_result", tool_use_id: `call ${index}`, content }] };
  return `${JSON.stringify({ ...record, message })}\n`;
}

function result(name: string, text: string): string {
  return place.write(`${FOLDER}/${id(1)}/tool-results/${name}`, text);
}

function giveBackFresh(path: string): void {
  rmSync(dirname(path), { recursive: true });
  expect(run(place.store, "give-back", id(1))).toMatchObject({ code: 0, err: "" });
}

test("long answers of tools and what is noted of sub-agents are kept, and given back byte for byte", () => {
  const path = place.claude(id(1), ["one"]);
  appendFileSync(path, persisted("toolu_1.txt", 2));
  const long = result("toolu_1.txt", "line\n".repeat(700_000));
  const empty = result("inner/empty.txt", "");
  const agent = { ...(JSON.parse(claudeLine(id(1), 0, "x")) as object), isSidechain: true, agentId: "a1" };
  const sub = place.write(`${FOLDER}/${id(1)}/subagents/agent-a1.jsonl`, `${JSON.stringify(agent)}\n`);
  const meta = place.write(`${FOLDER}/${id(1)}/subagents/agent-a1.meta.json`, '{"agentType":"x"}');
  writeFileSync(long, Buffer.from([0xff, 0x00, 0x0d, 0x0a]), { flag: "a" });
  const all = [path, long, empty, sub, meta];
  const before = all.map((one) => readFileSync(one));
  expect(run(place.store, "sync", "--yes").code).toBe(0);
  giveBackFresh(path);
  expect(all.map((one) => readFileSync(one))).toEqual(before);
  // Again, nothing is to do, and nothing is written to the store.
  expect(runJson(place.store, "give-back", id(1)).json.files.map(({ outcome }) => outcome)).toEqual(
    all.map(() => "there"),
  );
});

test("what comes later is kept, and an answer that was written anew is its newest", async () => {
  const path = place.claude(id(1), ["one"]);
  run(place.store, "sync", "--yes");
  appendFileSync(path, persisted("b.txt", 2));
  const file = result("b.txt", "first");
  run(place.store, "sync", "--yes");
  appendFileSync(path, persisted("c.txt", 3));
  result("b.txt", "second");
  const other = result("c.txt", "third");
  run(place.store, "sync", "--yes");
  // Without the cache everything is compared, and nothing is kept twice.
  rmSync(join(place.store, "imports.sqlite"), { force: true });
  run(place.store, "sync", "--yes");
  await using store = new SessionStore(place.store);
  let items = 0;
  for await (const { item } of store.sideItems(id(1), { list: "original" })) items += item === null ? 0 : 1;
  expect(items).toBe(6);
  giveBackFresh(path);
  expect([file, other].map((one) => readFileSync(one, "utf8"))).toEqual(["second", "third"]);
});

test("a session that was brought in without them gets them with the next look", async () => {
  const path = place.claude(id(1), ["one"]);
  run(place.store, "import", path);
  const file = result("late.txt", "late");
  rmSync(join(place.store, "imports.sqlite"), { force: true });
  expect(runJson(place.store, "import", path).json.files).toMatchObject([{ outcome: "unchanged" }]);
  expect(run(place.store, "resume", id(1)).err).not.toContain("was changed here");
  giveBackFresh(path);
  expect(readFileSync(file, "utf8")).toBe("late");
  await using store = new SessionStore(place.store);
  expect((await store.load(id(1)))?.messages).toHaveLength(1);
});

test("an answer's file that is not there is told", () => {
  const path = place.claude(id(1), ["one"]);
  appendFileSync(path, persisted("gone.txt", 2));
  const { code, json } = runJson(place.store, "import", path);
  expect(code).toBe(4);
  expect(JSON.stringify(json.files)).toContain(
    "tool-results/gone.txt, with what a tool answered, is not there",
  );
  // Of one that was kept before, the agent may delete the file.
  result("gone.txt", "here");
  appendFileSync(path, claudeLine(id(1), 3, "two"));
  run(place.store, "import", path);
  rmSync(join(dirname(path), id(1)), { recursive: true });
  appendFileSync(path, claudeLine(id(1), 4, "three"));
  expect(runJson(place.store, "import", path)).toMatchObject({ code: 0 });
});
