import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { opencodeSessionId } from "../../src/importers/opencode/opencode-reader.ts";
import { insert, openDatabase, opencode, OPENCODE } from "./databases.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();

test("nothing of a database is changed, the log's index included: beside its agent, and where that was killed", async () => {
  const path = (name: string): string => join(place.base, name);
  const db = openDatabase(place.base, "opencode.db", OPENCODE);
  insert(db, "session", opencode.session("ses_a"));
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  insert(db, "message", opencode.message("ses_a", "msg_1", 1, { role: "user" }));
  insert(db, "part", opencode.part("ses_a", "msg_1", "prt_1", { type: "text", text: "only in the log" }));
  const contents = (): string[] =>
    readdirSync(place.base, { recursive: true, encoding: "utf8" })
      .filter((name) => name.includes("opencode.db"))
      .map((name) => {
        const digest = createHash("sha256")
          .update(readFileSync(path(name)))
          .digest("hex");
        return `${name} ${digest} ${statSync(path(name)).mtimeMs}`;
      });
  // What a kill leaves; and what a power cut leaves, of which the log's index is not on the disk.
  for (const folder of ["killed", "cut", "beside"]) {
    mkdirSync(path(folder));
    for (const end of ["", "-wal", "-shm"])
      copyFileSync(path(`opencode.db${end}`), path(`${folder}/opencode.db${end}`));
  }
  db.close();
  rmSync(path("opencode.db"));
  writeFileSync(path("cut/opencode.db-shm"), Buffer.alloc(32 << 10));
  // SQLite within one process has one index for all who read.
  const agent = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `const db = new (await import("node:sqlite")).DatabaseSync(${JSON.stringify(path("beside/opencode.db"))});
     db.exec("UPDATE part SET time_updated = 1");
     console.log("it runs");
     setInterval(() => db, 1000);`,
  ]);
  await once(agent.stdout, "data");
  const before = contents();
  for (const folder of ["killed", "cut", "beside"]) {
    await place.import(path(`${folder}/opencode.db`));
    expect(told((await place.session(opencodeSessionId("ses_a"))).messages)).toEqual([
      "user: only in the log",
    ]);
    expect(contents()).toEqual(before);
    await place.store.delete(opencodeSessionId("ses_a"));
  }
  agent.kill();
  await once(agent, "close");
});
