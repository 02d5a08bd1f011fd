import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../../session/json/json.ts";
import type { Environment } from "../../home/astrid-home.ts";
import { homeOf } from "../homes.ts";
import { movedPath, type Move } from "./path-text.ts";

/** How an agent names the folder in which it keeps a project's sessions. */
interface FolderRule {
  readonly agent: string;
  readonly nameOf: (path: string) => string;
  /** Where transcripts stand in such a folder. */
  readonly inside: string;
}

const RULES: readonly FolderRule[] = [
  { agent: "claude-code", nameOf: (path) => path.replace(/[^A-Za-z0-9-]/g, "-"), inside: "" },
  { agent: "qwen", nameOf: (path) => path.replace(/[^A-Za-z0-9-]/g, "-"), inside: "chats" },
  {
    agent: "pi",
    nameOf: (path) => `--${path.replace(/^[/\\]/, "").replace(/[/\\:]/g, "-")}--`,
    inside: "",
  },
];

/** Files of a folder that are looked into, and how far. */
const MOST_FILES = 20;
const LOOK = 64 << 10;

/** A folder of an agent's that is named after a project's path. */
export interface ProjectFolder {
  readonly agent: string;
  readonly folder: string;
  /** The paths that its sessions say they ran in. */
  readonly said: readonly string[];
  /** That of them which it is named after, moves that were made before included; `undefined`: the rule does not fit. */
  readonly path: string | undefined;
  /** What it is called after the move; `undefined` when it is not concerned. */
  readonly target: string | undefined;
}

/** All folders of the agents whose folders go by a path. @param before moves that were made, the oldest first. */
export function projectFolders(env: Environment, move: Move, before: readonly Move[]): ProjectFolder[] {
  return RULES.flatMap(({ agent, nameOf, inside }) =>
    (homeOf(agent)?.folders(env) ?? []).flatMap((home) =>
      foldersIn(home).flatMap((name): ProjectFolder[] => {
        const folder = join(home, name);
        const said = saidIn(join(folder, inside));
        // Nothing tells of which project it is.
        if (said.length === 0) return [];
        const places = said.flatMap((path) => placesOf(path, before));
        const path = places.findLast((one) => nameOf(one) === name);
        const moved = path === undefined ? undefined : movedPath(path, move);
        const target = moved === undefined ? undefined : join(home, nameOf(moved));
        return [{ agent, folder, said, path, target: target === folder ? undefined : target }];
      }),
    ),
  );
}

/** Where a path was, one place after the other. */
function placesOf(path: string, moves: readonly Move[]): string[] {
  const places = [path];
  for (const move of moves) {
    const next = movedPath(places.at(-1) ?? path, move);
    if (next !== undefined) places.push(next);
  }
  return places;
}

function foldersIn(home: string): string[] {
  try {
    return readdirSync(home, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}

function saidIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  } catch {
    return [];
  }
  return [...new Set(names.slice(0, MOST_FILES).flatMap((name) => firstPath(join(folder, name)) ?? []))];
}

/** The directory that a transcript's first records name. */
function firstPath(file: string): string | undefined {
  for (const line of beginningOf(file).split("\n")) {
    try {
      const record: unknown = JSON.parse(line);
      if (isJsonObject(record) && typeof record["cwd"] === "string") return record["cwd"];
    } catch {
      // Cut off, or no record.
    }
  }
  return undefined;
}

function beginningOf(file: string): string {
  try {
    const opened = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(LOOK);
      return buffer.toString("utf8", 0, readSync(opened, buffer, 0, LOOK, 0));
    } finally {
      closeSync(opened);
    }
  } catch {
    return "";
  }
}
