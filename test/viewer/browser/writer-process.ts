// Adds a message to a session for each line that it is sent, in a process of its own.
import { createInterface } from "node:readline";
import { Message, SessionStore } from "../../../src/index.ts";

const [place = "", id = ""] = process.argv.slice(2);
await using store = await SessionStore.open(place);
for await (const line of createInterface({ input: process.stdin })) {
  await store.append(id, [Message.assistant(line)]);
  console.log("stored");
}
