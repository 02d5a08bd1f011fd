import { randomUUID } from "node:crypto";
import type { Contender, OpenContender } from "../contenders/contender.ts";
import { P50_SESSION } from "../workload/quantiles.ts";
import { sessionMessages } from "../workload/messages.ts";
import { turns } from "../workload/turns.ts";
import type { BenchContext } from "../harness/row-group.ts";

export interface Opened {
  readonly contender: Contender;
  readonly store: OpenContender;
  readonly folder: string;
}

/** Opens those that can be had and save a turn; the others are skipped by name. */
export async function openContenders(
  { scratch, report }: BenchContext,
  contenders: readonly Contender[],
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const contender of contenders) {
    const folder = scratch.folder(contender.name);
    try {
      const store = await contender.open(folder);
      const save = await store.begin(randomUUID(), sessionMessages(4, P50_SESSION.bytes / 50, 1));
      for (const turn of turns(2, 1)) await save(turn);
      opened.push({ contender, store, folder });
    } catch (error) {
      report.skip(contender.name, error);
    }
  }
  return opened;
}

export async function closeContenders(opened: readonly Opened[]): Promise<void> {
  for (const { store } of opened) await store.close();
}
