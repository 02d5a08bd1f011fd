import { Message } from "../../../src/index.ts";
import type { SimDisk } from "../simulation/sim-disk.ts";
import { openAlone, STORE } from "../simulation/open-alone.ts";
import { damaged, type Damage } from "./damage.ts";
import { answer, loadedFrom, loadedText, observe, type Loaded, type Observation } from "./observation.ts";
import { BESIDE, diskOf, ROTTEN, type SmallStore } from "./stores.ts";

/** A store as it was written, and all that it says while it is whole. */
export interface Intact {
  readonly disk: SimDisk;
  readonly rotten: Observation;
  readonly beside: Observation;
  readonly content: Loaded;
  /** The id was used before. */
  readonly hasEarlierLife: boolean;
  /** Every message that was ever stored, in the order in which it was. */
  readonly everStored: readonly string[];
  readonly files: Readonly<Partial<Record<Damage["file"], Buffer>>>;
}

const NAMES = { journal: `${ROTTEN}.journal.jsonl`, checkpoint: `${ROTTEN}.json` } as const;

/** Asks that must be right or refused, and do not depend on each other. */
const ASKED = ["load", "end", "messages", "summary", "listed", "side", "trash", "history"] as const;

export async function intact(small: SmallStore): Promise<Intact> {
  const disk = await diskOf(small);
  const [rotten, beside] = await observeBoth(disk.copy());
  const content = "value" in rotten.load ? loadedFrom(rotten.load.value) : undefined;
  if (rotten.isTold || beside.isTold || content === undefined)
    throw new Error(
      `${small.name}: the store is not in order before anything decays: ${JSON.stringify(rotten)}`,
    );
  const files: Partial<Record<Damage["file"], Buffer>> = {};
  for (const file of ["journal", "checkpoint"] as const) {
    const node = disk.find(`${STORE}/${NAMES[file]}`);
    if (node?.kind === "file") files[file] = node.content;
  }
  const hasEarlierLife = valueOf(rotten.trash) !== "[]";
  return {
    disk,
    rotten,
    beside,
    content,
    hasEarlierLife,
    everStored: [...mayComeBack(small), ...messagesIn(valueOf(rotten.history))],
    files,
  };
}

function mayComeBack({ before = [], isAlone }: SmallStore): string[] {
  return isAlone === true ? before.map((message) => JSON.stringify(message)) : [];
}

async function observeBoth(disk: SimDisk): Promise<[rotten: Observation, beside: Observation]> {
  const [rotten, beside] = await observe(disk, [ROTTEN, BESIDE]);
  if (rotten === undefined || beside === undefined) throw new Error("nothing was observed");
  return [rotten, beside];
}

/** Every message that the history tells of. */
function messagesIn(history: string): string[] {
  return (JSON.parse(history) as string[]).flatMap((line) => {
    const { splice } = JSON.parse(line) as { splice?: [number, number, unknown[]] };
    return (splice?.[2] ?? []).map((one) => JSON.stringify(one));
  });
}

/**
 * Damages the session's file and says what is wrong with what the store then says.
 * @param isDeaf for a control: as if nothing had been told of damage.
 */
export async function checkDamage(whole: Intact, damage: Damage, isDeaf = false): Promise<string[]> {
  const bytes = whole.files[damage.file];
  if (bytes === undefined) throw new Error(`there is no ${damage.file}`);
  const after = damaged(bytes, damage);
  const disk = whole.disk.copy();
  const node = disk.find(`${STORE}/${NAMES[damage.file]}`);
  if (node?.kind !== "file") throw new Error("the file is gone");
  node.rot(after);
  const problems: string[] = [];
  const image = (): SimDisk => disk.copy();

  const [found, beside] = await observeBoth(image());
  const isEndGone =
    damage.kind === "cut" || (damage.kind === "zero" && damage.at + damage.what >= bytes.length);
  // A journal that ends between two lines shows no trace of what stood behind; nobody can tell.
  const isTraceless = damage.kind === "cut" && damage.file === "journal" && bytes[damage.at - 1] === 0x0a;
  for (const ask of ASKED) {
    const [was, is] = [whole.rotten[ask], found[ask]];
    if ("error" in is) {
      if (!is.isTyped) problems.push(`${ask}: untyped: ${is.error}`);
      continue;
    }
    // How many bytes the session takes is told by what is left of its files.
    if (withoutBytes(is.value) === withoutBytes(orEmpty(was))) continue;
    if ((isDeaf || !found.isTold) && !isTraceless)
      problems.push(`${ask}: wrong in silence: ${short(is.value)} instead of ${short(orEmpty(was))}`);
    // A journal whose end is gone, cut off or zeroed, has an earlier life's history, and the damage is told.
    const isEarlierLife = ask === "history" && damage.file === "journal" && isEndGone;
    if (!isEarlierLife || !whole.hasEarlierLife) problems.push(...alteredBy(ask, is.value, whole));
    // The journal is the truth and is whole; what a checkpoint was is in it.
    if (damage.file === "checkpoint")
      problems.push(`${ask}: the journal is whole, and it is ${short(is.value)}`);
  }
  if (damage.file === "checkpoint") {
    for (const ask of ["load", "messages", "summary", "listed"] as const) {
      const is = found[ask];
      if ("error" in is) problems.push(`${ask}: the journal is whole, and it is refused: ${is.error}`);
    }
  }
  problems.push(...differences(found));
  for (const ask of ASKED) {
    const [was, is] = [whole.beside[ask], beside[ask]];
    if (JSON.stringify(was) !== JSON.stringify(is))
      problems.push(`the other session's ${ask}: ${"error" in is ? is.error : short(is.value)}`);
  }
  problems.push(...(await checkRepair(image(), whole, damage)));
  return problems;
}

/** Where a load and the other reads answer, they say the same. */
function differences({ load, end, messages, summary, listed }: Observation): string[] {
  if (!("value" in load)) return [];
  const content = loadedFrom(load.value);
  const problems: string[] = [];
  if ("value" in end && end.value !== load.value)
    problems.push("the end is not the end of what a load brings");
  if ("value" in messages && messages.value !== (content ? `[${content.messages.join()}]` : "absent"))
    problems.push("the messages are not those of a load");
  for (const [name, one] of [["summary", summary] as const, ["listing", listed] as const]) {
    if (!("value" in one)) continue;
    const { messageCount, title } = JSON.parse(one.value) as { messageCount?: number; title?: string | null };
    const head = content && (JSON.parse(content.head) as { title: string | null });
    if (messageCount !== content?.messages.length || title !== head?.title)
      problems.push(
        `the ${name} says ${messageCount} messages, "${title}"; a load ${content?.messages.length}`,
      );
  }
  return problems;
}

/** Whatever damage is told of: nothing is said that was never stored, or in another order. */
function alteredBy(ask: (typeof ASKED)[number], value: string, whole: Intact): string[] {
  if (ask === "load" || ask === "end") {
    const messages = loadedFrom(value)?.messages ?? [];
    if (!isInOrder(messages, whole)) return [`${ask}: never was so: ${short(messages.join())}`];
  }
  if (ask === "messages" && value !== "absent") {
    const messages = (JSON.parse(value) as unknown[]).map((one) => JSON.stringify(one));
    if (!isInOrder(messages, whole)) return [`${ask}: never was so: ${short(value)}`];
  }
  if (ask === "history") {
    const stored = new Set(JSON.parse(valueOf(whole.rotten.history)) as string[]);
    const altered = (JSON.parse(value) as string[]).find((one) => !stored.has(one));
    if (altered !== undefined) return [`${ask}: a commit that was never made: ${short(altered)}`];
  }
  return [];
}

/** A repair brings back nothing but what was stored, in its order; then the session can be written to. */
async function checkRepair(disk: SimDisk, whole: Intact, damage: Damage): Promise<string[]> {
  const problems: string[] = [];
  const { store } = openAlone(disk);
  const repaired = await answer(async () => JSON.stringify(await store.repair(ROTTEN)));
  if ("error" in repaired) problems.push(`repair: ${repaired.error}`);
  const loaded = await answer(() => loadedText(store, ROTTEN));
  if ("error" in loaded) problems.push(`load after the repair: ${loaded.error}`);
  else {
    const messages = loadedFrom(loaded.value)?.messages ?? [];
    if (!isInOrder(messages, whole))
      problems.push(
        `repaired, it never was so: ${short(messages.join())} of ${short(whole.everStored.join())}`,
      );
    if (damage.file === "checkpoint" && loaded.value !== valueOf(whole.rotten.load))
      problems.push(`the journal is whole, and repaired it is ${short(loaded.value)}`);
    const verified = await answer(async () => {
      const { state, findings } =
        loaded.value === "absent" ? { state: "ok", findings: [] } : await store.verify(ROTTEN);
      return state === "ok" ? state : `${state}: ${findings.join(" ")}`;
    });
    if (!("value" in verified) || verified.value !== "ok")
      problems.push(`after the repair verify says ${JSON.stringify(verified)}`);
    const added = Message.user("behind the repair");
    const appended = await answer(async () => {
      if (loaded.value !== "absent") await store.append(ROTTEN, [added]);
      return await loadedText(store, ROTTEN);
    });
    const now = "value" in appended ? loadedFrom(appended.value)?.messages : undefined;
    if (loaded.value !== "absent" && now?.join() !== [...messages, JSON.stringify(added)].join())
      problems.push(`an append after the repair leaves ${JSON.stringify(appended).slice(0, 300)}`);
  }
  const [listed, beside] = await Promise.all([
    answer(async () => JSON.stringify((await store.list({})).sessions.find(({ id }) => id === BESIDE))),
    answer(() => loadedText(store, BESIDE)),
  ]);
  await store.close();
  const was = [whole.beside.listed, whole.beside.load];
  if (JSON.stringify([listed, beside]) !== JSON.stringify(was))
    problems.push("the repair touched another session");
  return problems;
}

function isInOrder(messages: readonly string[], { content, everStored }: Intact): boolean {
  const inOrder = (some: readonly string[], all: readonly string[]): boolean => {
    let at = 0;
    return some.every((one) => (at = all.indexOf(one, at) + 1) > 0);
  };
  const ofNow = messages.filter((one) => content.messages.includes(one));
  const ofBefore = messages.filter((one) => !content.messages.includes(one));
  const isWhole = new Set(messages).size === messages.length;
  return isWhole && inOrder(ofNow, content.messages) && inOrder(ofBefore, everStored);
}

function valueOf(one: Observation["load"]): string {
  if ("error" in one) throw new Error(one.error);
  return one.value;
}

function orEmpty(one: Observation["load"]): string {
  return "error" in one ? "" : one.value;
}

function short(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 160)}…`;
}

function withoutBytes(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/"bytes":\d+/g, "") : value;
}
