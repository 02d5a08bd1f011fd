import { existsSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { storageCodeOf } from "../../home/workspace-id.ts";
import { InvalidArgumentError, SessionStoreError, StorageError } from "../../session/errors/errors.ts";
import { moveRows } from "./database-rows.ts";
import { textOf } from "./key-files.ts";
import type { MadeMoves } from "./made-moves.ts";
import type { MovePlan } from "./move-project.ts";
import { movedText, type Move } from "./path-text.ts";
import { replaceFile, syncFolder } from "./replace-file.ts";

/** Carries a plan out, step by step. The move is noted before anything has a new name: nothing else tells of it then. */
export async function applyMove(plan: MovePlan, made: MadeMoves): Promise<void> {
  try {
    await made.note({ from: plan.from, to: plan.to });
    for (const rows of plan.rows) moveRows(rows, plan);
    for (const { path } of plan.files) await moveInFile(path, plan);
    for (const { from, to } of plan.folders) {
      if (existsSync(to)) throw new InvalidArgumentError(`${to} is there by now: ${from} keeps its name.`);
      await rename(from, to);
      await syncFolder(dirname(to));
    }
  } catch (error) {
    if (error instanceof SessionStoreError) throw error;
    const reason = (error as Error).message;
    const message = `The move is not complete (${reason}). What was done stays; done again, it does the rest.`;
    throw new StorageError(storageCodeOf(error), message, "not-stored", { cause: error });
  }
}

async function moveInFile(path: string, move: Move): Promise<void> {
  const before = await stat(path, { bigint: true });
  const text = textOf(path);
  // What is no text was not in the plan: it changed meanwhile.
  const content = text === undefined ? undefined : Buffer.from(movedText(text, move).text);
  const now = await stat(path, { bigint: true });
  if (content === undefined || now.mtimeNs !== before.mtimeNs || now.size !== before.size)
    throw new InvalidArgumentError(`${path} is being written to: end its agent and do it again.`);
  await replaceFile(path, content);
}
