// Every history of a small scope: two writers of one session, up to three commits each in batches of one to three, every
// order of their steps, locks that hold and locks that lie; and behind each step every combination of the blocks that
// are not synced, each recovered by the real code.
//   node test/crash/scope/main.ts                 a writer is held up for the other once at most
//     --switches 9      … or so often; `all`: in every order
//     --commits 6       scopes of so many commits in all; default: up to four, and 3 beside 3, 1 beside 4
//     --seconds 100     ends then, and says what was not looked at
//     --scope 1+2       scopes whose title has this in it
//     --choices 0,1,0   that order alone, of the first such scope
//     --control NAME    leaves a step out (controls/left-out.ts)
// Prints one line of JSON for each scope.
import { parseArgs } from "node:util";
import { STEPS_LEFT_OUT } from "../controls/left-out.ts";
import { Violation } from "../simulation/history.ts";
import { Orders } from "./orders.ts";
import { commitsOf, runScope, SCOPES, titleOf, type Looked, type Scope } from "./scope.ts";

const { values } = parseArgs({
  options: {
    switches: { type: "string", default: "1" },
    commits: { type: "string" },
    seconds: { type: "string", default: "Infinity" },
    scope: { type: "string", default: "" },
    choices: { type: "string" },
    control: { type: "string" },
    part: { type: "string", default: "1/1" },
  },
});

process.on("unhandledRejection", () => undefined);
const wrap = STEPS_LEFT_OUT.find(({ name }) => name === values.control)?.wrap;
const switches = values.switches === "all" ? Infinity : Number(values.switches);
const log = values.choices === undefined ? undefined : (line: string): void => console.log(line);
const begun = performance.now();
const clock = performance.now.bind(performance);
const [part = 1, parts = 1] = values.part.split("/").map(Number);
const isSmall = (one: Scope): boolean =>
  values.commits === undefined
    ? commitsOf(one) <= 4 || ["3 3", "1 4"].includes(one.writers.join(" ")) || values.scope !== ""
    : commitsOf(one) <= Number(values.commits);
const chosen = SCOPES.filter((one) => titleOf(one).includes(values.scope) && isSmall(one));
for (const scope of chosen.filter((_, index) => index % parts === part - 1)) {
  const title = titleOf(scope);
  const orders = new Orders();
  if (values.choices !== undefined) orders.replay(values.choices.split(",").map(Number));
  const looked: Looked = { histories: 0, states: 0 };
  const seen = new Set<string>();
  let violation: string | undefined;
  let isWhole = false;
  while (!isWhole && violation === undefined && clock() - begun < Number(values.seconds) * 1000) {
    try {
      await runScope(scope, orders, switches, seen, looked, wrap, log);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const again = `--scope '${title}' --choices ${orders.taken.join()}`;
      violation = `node test/crash/scope/main.ts ${again}: ${error.message}`;
    }
    isWhole = values.choices !== undefined || !orders.next();
  }
  console.log(JSON.stringify({ scope: title, ...looked, isWhole, violation }));
}
