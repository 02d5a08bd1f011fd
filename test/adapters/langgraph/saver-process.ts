import { writeSync } from "node:fs";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { put, threadConfig } from "./samples.ts";

/** Checkpoints and writes without end, as one `name`; prints each as soon as it was told to be stored. */
const [directory = "", name = ""] = process.argv.slice(2);
const saver = new AstridSaver(new SessionStore(directory));

let config = threadConfig("t");
for (let n = 1; ; n++) {
  const list = Array.from({ length: n }, (_, index) => `${name} ${index} ${"x".repeat((index * 37) % 500)}`);
  config = await put(saver, config, { [name]: list }, { [name]: n });
  const id = String(config.configurable?.["checkpoint_id"]);
  writeSync(1, `${JSON.stringify({ id, list })}\n`);
  await saver.putWrites(config, [["step", n]], `${name} task`);
  writeSync(1, `${JSON.stringify({ id, write: n })}\n`);
}
