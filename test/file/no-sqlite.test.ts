import { expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { temporaryDirectory } from "./temporary-store.ts";

test("on a runtime without node:sqlite, files are refused with what has it, and memory works", async () => {
  const program = `
    import { AgentSession, Message, SessionStore } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
    const session = new AgentSession({ messages: [Message.user("Hello")] });
    for (const place of [process.argv[1], "memory:"]) {
      const store = new SessionStore(place);
      await store.save(session).then(() => console.log("saved"), (error) => console.log(error.code, error.message));
      await store.close();
    }`;
  const child = new Child([
    "--no-experimental-sqlite",
    "--input-type=module",
    "-e",
    program,
    temporaryDirectory(),
  ]);
  expect((await child.output()).split("\n")).toEqual([
    "NOT_SUPPORTED Sessions in files need node:sqlite, which this runtime does not have; " +
      "Node.js 22.18, Bun 1.4, Deno 2.9 and newer ones do.",
    "saved",
  ]);
});
