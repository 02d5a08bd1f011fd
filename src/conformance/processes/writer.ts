// A process of its own that commits to a session; started by between-processes.ts with a job as its argument.
// It prints one line of JSON per commit that was answered, at once, so that its parent knows what must be there even
// when it kills it.
import { writeSync } from "node:fs";
import type { StorageEngine } from "../../engine/contract.ts";
import type { Commit } from "../../session/commit.ts";
import { ConflictError } from "../../session/errors/errors.ts";
import { Message } from "../../session/message.ts";
import { parseSessionId } from "../../session/session-id.ts";
import type { EngineOpener } from "../target.ts";

export interface WriterJob {
  /** URL of the target's `opener` module. */
  readonly opener: string;
  readonly location: string;
  readonly sessionId: string;
  /** The n-th message of this writer is `<name> <n>`, from 1. */
  readonly name: string;
  readonly commits: number;
  /**
   * `append`: at the end of whatever is current. `based`: on the revision that was read before; a conflict is printed
   * and tried again. `operations`: as `append`, with an operation id and content that every writer shares. `create`:
   * one commit that creates the session, and gives up on a conflict.
   */
  readonly way: "append" | "based" | "operations" | "create";
}

/** What a writer prints. */
export type WriterLine =
  | { readonly kind: "stored"; readonly n: number; readonly revision: number; readonly repeated: boolean }
  | {
      readonly kind: "conflict";
      readonly n: number;
      readonly base: number;
      readonly currentRevision: number;
    };

function print(line: WriterLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function commitFor(engine: StorageEngine, job: WriterJob, n: number): Promise<Commit> {
  const message = Message.user(job.way === "operations" ? `shared ${n}` : `${job.name} ${n}`);
  const splice = ["end", 0, [message]] as const;
  switch (job.way) {
    case "append":
      return { splice };
    case "operations":
      return { splice, operationId: `operation ${n}` };
    case "create":
      return { base: 0, splice };
    case "based": {
      const current = await engine.read(parseSessionId(job.sessionId));
      return { base: current?.revision ?? 0, baseTag: current?.tag, splice };
    }
  }
}

async function write(job: WriterJob): Promise<void> {
  const { open } = (await import(job.opener)) as EngineOpener;
  const engine = await open(job.location);
  const id = parseSessionId(job.sessionId);
  for (let n = 1; n <= job.commits;) {
    const commit = await commitFor(engine, job, n);
    try {
      const { revision, repeated } = await engine.commit(id, commit);
      print({ kind: "stored", n, revision, repeated });
      n++;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      print({ kind: "conflict", n, base: error.expectedRevision, currentRevision: error.currentRevision });
      if (job.way === "create") n++;
    }
  }
  await engine.close();
}

await write(JSON.parse(process.argv[2] ?? "") as WriterJob);
