import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { AstridHome } from "../../home/astrid-home.ts";
import { labelOf } from "../../session/summary/summary.ts";
import { isPostgres } from "../../store/engine-for.ts";
import { shortestDistinct } from "../output/session-table.ts";
import { oneLine } from "../output/text-width.ts";
import { program } from "../program.ts";
import { storeInEnvironment } from "../store-in-environment.ts";

/** What a word may become, and what that is, in a few words. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** The shell knows best which files there are. */
export type Candidates = readonly Candidate[] | "files";

/** So many sessions are offered, the last changed first. */
const MOST_SESSIONS = 1000;
const PATIENCE = 2000;
/** So few files are read as fast as an index, and need none. */
const FEW_FILES = 100;

/** What the last of the words may become: the command line without the program's name, the last word perhaps empty. */
export async function candidates(words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const place = await placeIn(before);
  if (place.waiting !== undefined) return valuesOf(place.waiting, current);
  if (current.startsWith("-") && !before.includes("--"))
    return matching(optionsOf(place.command, place.root), current);
  const verbs = place.given === 0 ? place.command.createHelp().visibleCommands(place.command) : [];
  if (verbs.length > 0)
    return matching(
      verbs.map((verb) => ({ word: verb.name(), about: verb.description() })),
      current,
    );
  const argument = place.command.registeredArguments.at(place.given) ?? lastVariadic(place.command);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined)
    return matching(
      argument.argChoices.map((word) => ({ word, about: "" })),
      current,
    );
  if (argument.name() === "session") {
    const isInTrash = place.command.name() === "restore";
    return await sessionsLike(current, place.store ?? storeInEnvironment(), isInTrash);
  }
  return FREE_TEXT.includes(argument.name()) ? [] : "files";
}

/** Arguments that are no file. */
const FREE_TEXT = ["words", "title", "tag", "command"];

interface Place {
  readonly root: Command;
  /** The command whose part of the line the word is in. */
  readonly command: Command;
  /** So many of its arguments stand before the word. */
  readonly given: number;
  /** The option whose value the word is. */
  readonly waiting: Option | undefined;
  readonly store: string | undefined;
}

async function placeIn(words: readonly string[]): Promise<Place> {
  const root = await program(words);
  let command = root;
  let given = 0;
  let store: string | undefined;
  let waiting: Option | undefined;
  let isPlain = false;
  for (const word of words) {
    if (waiting !== undefined) {
      if (waiting.attributeName() === "store") store = word;
      // A value that may be left out is not there when an option follows.
      const isLeftOut = waiting.optional && word.startsWith("-");
      waiting = undefined;
      if (!isLeftOut) continue;
    }
    if (word === "--") isPlain = true;
    else if (word.startsWith("-") && !isPlain) {
      if (word.startsWith("--store=")) store = word.slice("--store=".length);
      waiting = word.includes("=") ? undefined : takingValue(word, command, root);
    } else {
      const verb = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word));
      if (verb === undefined || given > 0) given++;
      else command = verb;
    }
  }
  return { root, command, given, waiting, store };
}

function takingValue(flag: string, command: Command, root: Command): Option | undefined {
  const option = allOptions(command, root).find(({ long, short }) => flag === long || flag === short);
  return option !== undefined && (option.required || option.optional) ? option : undefined;
}

/** Options of the program that each command takes. */
const EVERYWHERE = ["--store", "--json"];

function allOptions(command: Command, root: Command): Option[] {
  if (command === root) return [...root.options];
  return [...command.options, ...root.options.filter(({ long }) => EVERYWHERE.includes(long ?? ""))];
}

function optionsOf(command: Command, root: Command): Candidate[] {
  const own = allOptions(command, root).filter(({ hidden }) => !hidden);
  const words = own.map(({ long, short, description }) => ({
    word: long ?? short ?? "",
    about: description,
  }));
  return [...words, { word: "--help", about: "help, with examples" }];
}

function valuesOf({ argChoices }: Option, current: string): Candidates {
  if (argChoices === undefined) return "files";
  return matching(
    argChoices.map((word) => ({ word, about: "" })),
    current,
  );
}

function lastVariadic(command: Command): Command["registeredArguments"][number] | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}

function matching(all: readonly Candidate[], current: string): Candidate[] {
  return all.filter(({ word }) => word.startsWith(current));
}

/** Sessions by the beginning of their id, or by words of their title; what an index knows, as it is. */
async function sessionsLike(
  current: string,
  place: string | undefined,
  isInTrash: boolean,
): Promise<Candidate[]> {
  if (!isReady(place)) return [];
  // A person waits at the Tab key: a server that cannot be reached offers nothing.
  if (place !== undefined && isPostgres(place)) setTimeout(() => process.exit(), PATIENCE).unref();
  const { SessionStore } = await import("../../store/session-store.ts");
  await using store = await SessionStore.open(place);
  const sessions = isInTrash
    ? (await store.trashed())
        .slice(0, MOST_SESSIONS)
        .map((one) => ({ ...one, autoTitle: null, lastMessagePreview: null }))
    : (await store.list({ limit: MOST_SESSIONS, mayBeBehind: true })).sessions;
  const length = shortestDistinct(sessions.map(({ id }) => id));
  const all = sessions.map((session) => ({
    word: session.id.slice(0, length),
    about: oneLine(labelOf(session)),
    id: session.id,
  }));
  const typed = current.toLowerCase();
  const latest = { word: "latest", about: "the one that changed last" };
  const byId = all
    .filter(({ id }) => id.startsWith(typed))
    .map(({ word, id, about }) => ({ word: typed.length > length ? id : word, about }));
  if (!isInTrash && "latest".startsWith(typed)) return sessions.length === 0 ? [] : [latest, ...byId];
  if (byId.length > 0) return byId;
  return all
    .filter(({ about }) => about.toLowerCase().includes(typed))
    .map(({ word, about }) => ({ word, about }));
}

/** To look at many sessions without an index would take long, and leave one behind. */
function isReady(place: string | undefined): boolean {
  if (place !== undefined && isPostgres(place)) return true;
  const directory = place ?? AstridHome.resolve().sessionsDir;
  if (existsSync(join(directory, "index.sqlite"))) return true;
  try {
    return readdirSync(directory).length <= FEW_FILES;
  } catch {
    return false;
  }
}
