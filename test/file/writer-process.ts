import { once } from "node:events";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { AgentSession, ConflictError, Message, SessionStore } from "../../src/index.ts";

/**
 * A process that appends so many messages, each its own commit, based on the revision that it last saw; a conflict
 * makes it look again. `own` gives it a session of its own. Prints "ready", begins when it is sent a line, and prints how many
 * conflicts there were.
 */
const [directory = "", name = "", count = "0", id = ""] = process.argv.slice(2);
// However busy the machine is: that a lock is waited for no longer than asked for has a test of its own.
const engine = new FileEngine(directory, { lockPatience: 600_000 });
await using store = new SessionStore(engine, { closeEngine: true });
let conflicts = 0;
console.log("ready");
await once(process.stdin, "data");
if (id === "own") {
  const session = new AgentSession({ metadata: { title: name } });
  for (let index = 0; index < Number(count); index++) {
    session.addMessage(Message.user(`${name} ${index}`));
    await store.save(session);
  }
} else {
  let revision = (await store.summary(id))?.revision ?? 0;
  for (let index = 0; index < Number(count);) {
    try {
      ({ revision } = await store.append(id, [Message.user(`${name} ${index}`)], {
        expectedRevision: revision,
      }));
      index++;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (error.currentRevision <= revision)
        throw new Error("the error does not say what is current", { cause: error });
      revision = error.currentRevision;
      conflicts++;
    }
  }
}
console.log(conflicts);
