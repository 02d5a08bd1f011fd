import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { listIn, textIn } from "../draft/blocks.ts";
import { timeOf } from "../draft/facts.ts";
import { jsonIn, LARGEST } from "./json-file.ts";
import { paidIn, type Paid } from "./paid.ts";

/** What the extension's list of tasks says of one. */
export interface ListedTask {
  readonly task: string | undefined;
  /** When something was last said in it. */
  readonly at: string | undefined;
  readonly workspace: string | undefined;
  /** What all of the task came to. */
  readonly paid: Paid | undefined;
}

/** The list that was read last: a folder of tasks has one. */
let read: { readonly look: string; readonly tasks: ReadonlyMap<string, JsonObject> } | undefined;

/** What `state/taskHistory.json` says of the task whose messages are in this file. */
export function listedTask(path: string): ListedTask | undefined {
  const folder = dirname(path);
  const found = tasksIn(join(dirname(dirname(folder)), "state", "taskHistory.json")).get(basename(folder));
  if (found === undefined) return undefined;
  const at = timeOf(found["ts"]);
  return {
    ...{ task: textIn(found["task"]), at },
    workspace: textIn(found["cwdOnTaskInitialization"]) ?? textIn(found["shadowGitConfigWorkTree"]),
    paid: paidIn(found, at, textIn(found["modelId"])),
  };
}

function tasksIn(path: string): ReadonlyMap<string, JsonObject> {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    const look = [path, size, mtimeMs, ino].join(" ");
    if (read?.look !== look) {
      const items = listIn(size > LARGEST ? undefined : jsonIn(readFileSync(path, "utf8")));
      const tasks = items.flatMap((item) =>
        isJsonObject(item) && typeof item["id"] === "string" ? [[item["id"], item] as const] : [],
      );
      read = { look, tasks: new Map(tasks) };
    }
    return read.tasks;
  } catch {
    // It is not there, or cannot be read: what a task needs stands in its own folder.
    return new Map();
  }
}
