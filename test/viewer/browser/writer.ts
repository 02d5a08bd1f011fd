import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Another process that adds what it is told to, to a session of a store. */
export function writerOf(place: string, id: string) {
  const script = join(import.meta.dirname, "writer-process.ts");
  const child = spawn(process.execPath, [script, place, id], { stdio: ["pipe", "pipe", "inherit"] });
  return {
    add: async (text: string): Promise<void> => {
      child.stdin.write(`${text}\n`);
      await once(child.stdout, "data");
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
