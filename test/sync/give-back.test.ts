import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { run, runJson } from "../cli/run.ts";
import { agentHome, claudeLine, id } from "./home.ts";
import { COMMAND } from "../command.ts";

const place = agentHome();

interface Family {
  readonly path: string;
  readonly agents: readonly string[];
}

/** A session with an odd end, and sub-agents of its own, brought in. */
function family(agentCount = 1): Family {
  const path = place.claude(id(1), ["one", "two"]);
  writeFileSync(path, '\r\nno JSON \xff\r\n{"half a', { flag: "a", encoding: "latin1" });
  const agents = Array.from({ length: agentCount }, (_, index) => {
    const record = {
      ...(JSON.parse(claudeLine(id(1), 0, "do it")) as object),
      isSidechain: true,
      agentId: `a${index}`,
    };
    return place.write(
      `.claude/projects/-p/${id(1)}/subagents/agent-a${index}.jsonl`,
      `${JSON.stringify(record)}\n`,
    );
  });
  runJson(place.store, "sync", "--yes");
  return { path, agents };
}

function bytesOf(...paths: readonly string[]): Buffer[] {
  return paths.map((path) => readFileSync(path));
}

test("a session that its agent deleted is there again with its sub-agents, byte for byte", () => {
  const { path, agents } = family();
  const all = [path, ...agents];
  const before = bytesOf(...all);
  rmSync(dirname(path), { recursive: true });
  expect(run(place.store, "resume", id(1))).toMatchObject({
    code: 3,
    err: expect.stringContaining("give-back") as string,
  });

  const given = runJson(place.store, "give-back", id(1));
  expect(given).toMatchObject({
    code: 0,
    json: {
      files: [
        { path: agents[0], outcome: "written" },
        { path, outcome: "written" },
      ],
    },
  });
  expect(bytesOf(...all)).toEqual(before);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(path)).sort()).toEqual([id(1), `${id(1)}.jsonl`]);
  expect(runJson(place.store, "give-back", id(1)).json.files).toMatchObject([
    { outcome: "there" },
    { outcome: "there" },
  ]);

  const to = join(place.home, "elsewhere");
  expect(run(place.store, "give-back", "latest", "--to", to).code).toBe(0);
  expect(readFileSync(join(to, `${id(1)}.jsonl`))).toEqual(before[0]);
  expect(readFileSync(join(to, id(1), "subagents/agent-a0.jsonl"))).toEqual(before[1]);
});

test("never over other bytes, and all or nothing", () => {
  const { path, agents } = family();
  const [agent = ""] = agents;
  rmSync(agent);
  writeFileSync(path, "another file");
  const refused = runJson(place.store, "give-back", id(1));
  expect(refused).toMatchObject({
    code: 2,
    json: { error: { code: "INVALID_ARGUMENT", message: expect.stringContaining("other bytes") as string } },
  });
  expect(existsSync(agent)).toBe(false);
  expect(readdirSync(dirname(agent))).toEqual([]);
  expect(readFileSync(path, "utf8")).toBe("another file");
  rmSync(path);
  mkdirSync(path);
  expect(run(place.store, "give-back", id(1)).code).toBe(2);
});

test("what came from a stream needs a folder; what there is not is not found", async () => {
  family();
  const stream = spawn(process.execPath, [COMMAND, "--store", place.store, "import", "-"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  stream.stdin?.end(claudeLine(id(9), 0, "from a pipe"));
  await once(stream, "close");
  expect(run(place.store, "give-back", id(9))).toMatchObject({
    code: 2,
    err: expect.stringContaining("stream") as string,
  });
  expect(run(place.store, "give-back", id(9), "--to", join(place.home, "x")).code).toBe(0);
  expect(run(place.store, "give-back", id(404)).code).toBe(3);
});

test("a kill at any moment leaves whole files or none, and the next time completes them", async () => {
  const { path, agents } = family(6);
  const all = [path, ...agents];
  const before = bytesOf(...all);
  for (let round = 0; round < 6; round++) {
    rmSync(dirname(path), { recursive: true });
    const child = spawn(process.execPath, [COMMAND, "give-back", id(1)], {
      env: { ...process.env, ASTRID_SESSIONS_STORE: place.store },
      stdio: "ignore",
    });
    const ended = once(child, "close");
    // As soon as the round's so many files are there, aside or in place.
    const until = (async (): Promise<void> => {
      const folder = join(dirname(path), id(1), "subagents");
      while (child.exitCode === null && child.signalCode === null) {
        if (existsSync(folder) && readdirSync(folder).length > round) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await until;
    child.kill("SIGKILL");
    await ended;
    for (const [index, one] of all.entries())
      if (existsSync(one)) expect(readFileSync(one)).toEqual(before[index]);
    expect(run(place.store, "give-back", id(1)).code).toBe(0);
    expect(bytesOf(...all)).toEqual(before);
  }
});
