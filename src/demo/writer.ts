// The process that is killed: replays a transcript into a session, one durable save per message, and acknowledges each
// on its standard output. Started again, it goes on behind what the store has.
import { closeSync, fdatasync, openSync, readFileSync, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import { AgentSession, SessionStore } from "../index.ts";
import { jsonText } from "../session/json/json.ts";
import type { Told } from "./protocol.ts";
import { messagesOf } from "./transcript.ts";

const [storeDirectory = "", transcript = "", sessionId = "", title = "", bareFile = ""] =
  process.argv.slice(2);

/** Every so many saves, the same bytes are also written without the store, to compare. */
const BARE_EVERY = 8;

let spoken = 0;
let bareWritten = 0;

function tell(told: Told): void {
  spoken += writeSync(1, `${JSON.stringify(told)}\n`);
}

/** Bytes that this process wrote for the store; `undefined` where the system does not count them. */
function bytesWritten(): number | undefined {
  try {
    const written = /^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "latin1"))?.[1];
    return written === undefined ? undefined : Number(written) - spoken - bareWritten;
  } catch {
    return undefined;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const store = new SessionStore(storeDirectory);
store.on("report", ({ kind, message }) => tell({ told: "report", kind, message }));
const session = (await store.load(sessionId)) ?? new AgentSession({ id: sessionId, metadata: { title } });
const bare = openSync(bareFile, "a", 0o600);
const resumedAt = session.messageCount;
tell({ told: "resumed", messages: resumedAt });

let position = 0;
for await (const message of messagesOf(transcript)) {
  if (position++ < resumedAt) continue;
  session.addMessage(message);
  const milliseconds = await timed(() => store.save(session));
  const written = bytesWritten();
  tell({ told: "stored", messages: position, milliseconds, ...(written !== undefined && { written }) });
  if (position % BARE_EVERY === 0) {
    const bytes = Buffer.from(`${jsonText(message)}\n`);
    bareWritten += bytes.length;
    const bareMilliseconds = await timed(async () => {
      await promisify(write)(bare, bytes);
      await promisify(fdatasync)(bare);
    });
    tell({ told: "bare", milliseconds: bareMilliseconds });
  }
}
closeSync(bare);
await store.close();
tell({ told: "done" });
