import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { base } from "./place.ts";
import { COMMAND } from "../command.ts";

const TELL = `data:text/javascript,process.on("exit", () => process._rawDebug("peak " + process.resourceUsage().maxRSS))`;
const MEGABYTE = 1 << 20;

/** The most memory that doctor takes on a session of so many megabytes, in megabytes. */
async function peakOf(megabytes: number): Promise<number> {
  const directory = join(base, `${megabytes}`);
  {
    await using store = new SessionStore(directory);
    const session = new AgentSession();
    await store.save(session);
    const batch = Array.from({ length: 128 }, (_, index) =>
      Message.assistant(`${index} `.repeat(8192).slice(0, 8192)),
    );
    for (let count = 0; count < megabytes; count++) await store.append(session.id, batch);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", TELL, COMMAND, "--store", directory, "doctor"],
    { encoding: "utf8" },
  );
  expect([status, stdout]).toEqual([0, "1 session: 1 ok.\n"]);
  return (Number(/peak (\d+)/.exec(stderr)?.[1]) * 1024) / MEGABYTE;
}

test("doctor holds no session: a hundred times as much takes less than that more", async () => {
  const small = await peakOf(1);
  expect((await peakOf(100)) - small).toBeLessThan(100);
});
