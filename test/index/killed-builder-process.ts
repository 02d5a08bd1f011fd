// A process that searches a store without an index, and so builds one, and kills itself before the n-th statement that
// it runs on any database. When it gets to the end it prints how many statements it ran, and kills itself there.
// Arguments: the store's directory, n.
import { sqlite } from "../../src/sqlite.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";

const [directory = "", last = ""] = process.argv.slice(2);
let statements = 0;

/** The method, which counts its calls. */
function counted<T extends (...args: never[]) => unknown>(method: T): T {
  return new Proxy(method, {
    apply(target, database, args) {
      if (++statements === Number(last)) process.kill(process.pid, "SIGKILL");
      return Reflect.apply(target, database, args) as unknown;
    },
  });
}

const { DatabaseSync, StatementSync } = sqlite();
DatabaseSync.prototype.exec = counted(DatabaseSync.prototype.exec);
StatementSync.prototype.run = counted(StatementSync.prototype.run);

await new FileEngine(directory).search({ text: "alpha" });
console.log(statements);
process.kill(process.pid, "SIGKILL");
