import type { RowGroup } from "../harness/row-group.ts";
import { postgresCommit } from "../postgres/commit.ts";
import { postgresList } from "../postgres/list.ts";
import { postgresSearch } from "../postgres/search.ts";
import { postgresTurns } from "../postgres/turns.ts";
import { amplification } from "./amplification.ts";
import { cleanup } from "./cleanup.ts";
import { concurrent } from "./concurrent.ts";
import { graphGrowth } from "./graph-growth.ts";
import { list } from "./list.ts";
import { load } from "./load.ts";
import { lock } from "./lock.ts";
import { memory } from "./memory.ts";
import { pack } from "./pack.ts";
import { save } from "./save.ts";
import { search } from "./search.ts";
import { terminal } from "./terminal.ts";

/** All groups, in the order in which they run and are shown. */
export const ROW_GROUPS: readonly RowGroup[] = [
  ...[
    save,
    concurrent,
    amplification,
    graphGrowth,
    load,
    list,
    search,
    cleanup,
    memory,
    pack,
    lock,
    terminal,
  ],
  ...[postgresCommit, postgresTurns, postgresList, postgresSearch],
];
