// A process that commits in a loop until it is told to stop, and prints each commit that was acknowledged. Run by
// cluster.ts with the cluster's URL, its own name and the id of a session that all writers share.
import { writeSync } from "node:fs";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, parseSessionId, type SessionId } from "../../src/session/session-id.ts";

export type Line =
  | {
      readonly kind: "acknowledged";
      readonly id: SessionId;
      readonly revision: number;
      readonly text: string;
      readonly at: number;
    }
  | { readonly kind: "failed"; readonly text: string; readonly error: string };

const [url = "", name = "", shared = ""] = process.argv.slice(2);
const engine = new PostgresEngine({ url, connections: 2 });
const own = newSessionId();
let running = true;
process.once("SIGTERM", () => (running = false));

function print(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function commit(id: SessionId, text: string, base: number | undefined): Promise<number | undefined> {
  try {
    const splice = ["end", 0, [Message.user(text)]] as const;
    const { revision } = await engine.commit(id, { base, splice });
    print({ kind: "acknowledged", id, revision, text, at: Date.now() });
    return revision;
  } catch (error) {
    print({ kind: "failed", text, error: String(error) });
    return undefined;
  }
}

/** On the revision that this writer alone moves on: a commit that was lost shows as a conflict. */
async function writeOwn(): Promise<void> {
  let revision = 0;
  for (let n = 1; running; n++) {
    revision = (await commit(own, `${name} own ${n}`, revision)) ?? (await engine.read(own))?.revision ?? 0;
  }
}

/** On whatever is current, beside the other writers. */
async function writeShared(): Promise<void> {
  for (let n = 1; running; n++) await commit(parseSessionId(shared), `${name} shared ${n}`, undefined);
}

await Promise.all([writeOwn(), writeShared()]);
await engine.close();
