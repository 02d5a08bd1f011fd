import { inspect, parseArgs } from "node:util";
import { installContenders } from "./harness/install.ts";
import { publish } from "./harness/publish.ts";
import { Report } from "./harness/report.ts";
import { Scratch } from "./harness/scratch.ts";
import { reportText } from "./harness/table.ts";
import { ROW_GROUPS } from "./rows/index.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    on: { type: "string" },
    publish: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench [-- options]
  --quick        small sizes: whether everything runs, in under two minutes; no figures to trust
  --only <rows>  some groups only, separated by commas: ${ROW_GROUPS.map(({ name }) => name).join(", ")}
  --publish      with --only: put these groups' results in the place of those in bench/results.json and the docs
  --on <dir>     where to write: a directory on the disk to measure (default: the system's temporary directory)`);
  process.exit(0);
}

const log = (line: string): void => console.error(line);
const wanted = values.only?.split(",");
const groups = ROW_GROUPS.filter(({ name }) => wanted === undefined || wanted.includes(name));
if (groups.length === 0) throw new Error(`--only: there are no rows ${values.only ?? ""}`);

installContenders(log);
const reports = new Map<string, Report>();
const begun = performance.now();
for (const { name, run } of groups) {
  log(`== ${name} (${Math.round((performance.now() - begun) / 1000)} s)`);
  const scratch = new Scratch(values.on);
  const report = new Report(log);
  reports.set(name, report);
  try {
    await run({ report, scratch, quick: values.quick, log });
  } catch (error) {
    report.skip(name, error);
    log(inspect(error));
    process.exitCode = 1;
  } finally {
    scratch.remove();
  }
}

console.log(reportText([...reports.values()]));
console.log(`\n${Math.round((performance.now() - begun) / 1000)} s`);
if (values.quick) console.log("A quick run: its figures show that everything runs, and nothing else.");
if ((wanted === undefined || values.publish) && !values.quick) publish(reports);
