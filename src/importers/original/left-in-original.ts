import type { LeftBranch } from "../../operations/left.ts";
import { isJsonObject, parseJson } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { StoredHead } from "../../store/reading/stored-head.ts";
import { importerOf } from "../detect.ts";
import { Harvest } from "../draft/harvest.ts";
import { Beginning } from "../read/beginning.ts";
import { LineSplitter } from "../read/lines.ts";
import { recordsOn } from "../read/records.ts";
import { importStateOf } from "../store/import-state.ts";
import { keptStates, originalOf } from "./read-original.ts";

/**
 * What a session left by going back within its agent, from the file that it was imported from, which is read again. A
 * session without a file of its own left nothing that is known. In memory: the conversation.
 * @throws {CorruptSessionError} when what is kept of the file is not what was taken in.
 */
export async function leftInOriginal(
  store: SessionStore,
  id: SessionId,
  head: StoredHead["head"],
): Promise<readonly LeftBranch[]> {
  const state = importStateOf(head);
  const importer = state === undefined ? undefined : importerOf(state.format);
  if (state === undefined || importer === undefined || state.within !== null) return [];
  if ((await keptStates(store, id)).states.length === 0) return [];
  const harvest = new Harvest(await beginningOf(store, id, state.file));
  const reader = importer.begin(harvest);
  const { conversation } = harvest.main;
  const left: { position: number; readonly messages: LeftBranch["messages"] }[] = [];
  conversation.onLeave = (position, messages) => {
    for (const branch of left) branch.position = Math.min(branch.position, position);
    left.push({ position, messages });
  };
  const splitter = new LineSplitter();
  const whole: Buffer[] = [];
  for await (const piece of originalOf(store, id)) {
    if (importer.shape === "document") whole.push(piece);
    else
      for (const line of splitter.push(piece))
        for (const record of recordsOn(line, importer, harvest)) reader.record(record);
  }
  const last = splitter.end();
  if (last !== undefined) for (const record of recordsOn(last, importer, harvest)) reader.record(record);
  if (importer.shape === "document") {
    const document = parseJson(
      Buffer.concat(whole)
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    );
    if (isJsonObject(document)) reader.record(document);
  }
  return left;
}

/** How the file began and ended. */
async function beginningOf(store: SessionStore, id: SessionId, path: string): Promise<Beginning> {
  let start: Buffer | undefined;
  let end = Buffer.alloc(0);
  for await (const piece of originalOf(store, id)) {
    start ??= piece;
    end = Buffer.from(piece);
  }
  const begin = start ?? end;
  return new Beginning({ path, modified: new Date(0), start: begin, end, isWhole: begin.equals(end) });
}
