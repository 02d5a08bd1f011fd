import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { syncSessions } from "../../src/import.ts";
import { inspectSources } from "../../src/importers/sync/inspect.ts";
import { SessionStore } from "../../src/index.ts";
import { firstTask, TASK } from "../importers/cline-script.ts";
import { run } from "../cli/run.ts";
import { agentHome } from "./home.ts";
import { took, Watching } from "./watching.ts";

const place = agentHome();
const FOLDER = `.config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks/${TASK}`;

function written(): { readonly path: string; readonly shown: string } {
  const { messages, shown } = firstTask();
  return {
    shown: place.write(`${FOLDER}/ui_messages.json`, JSON.stringify(shown)),
    path: place.write(`${FOLDER}/api_conversation_history.json`, JSON.stringify(messages)),
  };
}

function paidMore(shown: string): void {
  const before = JSON.parse(readFileSync(shown, "utf8")) as object[];
  const more = { ts: Number(TASK) + 60_000, type: "say", say: "api_req_started", text: '{"cost":2}' };
  writeFileSync(shown, JSON.stringify([...before, more]));
}

async function cost(store: SessionStore): Promise<unknown> {
  const [id] = await store.list();
  const session = id === undefined ? undefined : await store.load(id);
  return session?.extra["usage"];
}

test("a task of which only what the person was shown changed is told as changed, and taken in", async () => {
  await using store = new SessionStore(place.store);
  const { path, shown } = written();
  const changed = async (): Promise<number | undefined> =>
    (await inspectSources(store)).find(({ agent }) => agent === "cline")?.changed;
  // What was changed a moment ago could be changed again unnoticed.
  const age = (seconds: number): void => {
    const then = new Date(Date.now() - seconds * 1000);
    for (const one of [path, shown]) utimesSync(one, then, then);
  };
  age(60);
  const outcomes = async (): Promise<unknown> =>
    (await syncSessions(store)).sources.find(({ agent }) => agent === "cline")?.outcomes;
  expect(await outcomes()).toMatchObject({ created: 1 });
  expect(await changed()).toBe(0);
  expect(await outcomes()).toMatchObject({ unchanged: 1 });
  paidMore(shown);
  const then = new Date(Date.now() - 30_000);
  utimesSync(shown, then, then);
  expect(await changed()).toBe(1);
  expect(await outcomes()).toMatchObject({ created: 0 });
  expect(await cost(store)).toMatchObject({ cost_usd: 2.75 });
});

test("while sync watches, too; and a task that its editor has deleted is given back whole", async () => {
  const { path, shown } = written();
  const watching = new Watching(place.store);
  await watching.until(({ isWhole, taken }) => isWhole && taken.length === 1);
  paidMore(shown);
  await watching.until(took(path));
  expect(await watching.end()).toBe(0);
  await using store = new SessionStore(place.store);
  expect(await cost(store)).toMatchObject({ cost_usd: 2.75 });
  const [id = ""] = await store.list();
  const to = join(dirname(place.store), "given");
  expect(run(place.store, "give-back", id, "--to", to)).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(to, "ui_messages.json"))).toEqual(readFileSync(shown));
  const { code, err } = run(place.store, "resume", id);
  expect([code, err]).toEqual([3, expect.stringContaining("Cline's editor extension")]);
});
