import type { StorageEngine } from "../../engine/contract.ts";
import type { Created, NewSession } from "../../engine/new-session.ts";
import { redactCommit } from "../../redaction/redact-commit.ts";
import type { Redact } from "../../redaction/redact.ts";
import { checkHead } from "../../session/head.ts";
import { Message } from "../../session/message.ts";
import { checkParts } from "./checks.ts";

interface Place {
  readonly engine: StorageEngine;
  readonly redact: Redact | undefined;
}

/** Stores new sessions packed, where the engine can; the others are left: see `StorageEngine.createPacked`. */
export async function createPacked(
  { engine, redact }: Place,
  sessions: readonly NewSession[],
): Promise<Created[]> {
  if (engine.createPacked === undefined)
    return sessions.map(() => ({ status: "fulfilled", value: undefined }));
  const checked = sessions.map(({ id, commit }) => {
    checkParts(commit);
    if (commit.set !== undefined) checkHead(commit.set);
    const splice =
      commit.splice &&
      ([
        ...([commit.splice[0], commit.splice[1]] as const),
        commit.splice[2].map((message) => Message.from(message)),
      ] as const);
    const whole = { ...commit, splice };
    return { id, commit: redact === undefined ? whole : redactCommit(whole, redact) };
  });
  return await engine.createPacked(checked);
}
