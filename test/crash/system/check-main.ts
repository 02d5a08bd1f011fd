// Checks a store in a process of its own, which holds nothing open when it has ended: its file system can be unmounted.
import { checkStore } from "./check-store.ts";
import { planOf } from "./plan.ts";

const [directory = "", rounds, size, acknowledged, burst] = process.argv.slice(2);
const violations = await checkStore(
  directory,
  planOf(Number(rounds), Number(size), Number(burst)),
  Number(acknowledged),
);
process.stdout.write(JSON.stringify(violations));
