// A process of its own that holds a session again and again, and commits to it while it does; started by
// lease-fight.ts with a job as its argument. It prints one line of JSON per event, at once, so that its parent knows what
// happened even when it kills it.
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { EngineLease } from "../../engine/lease.ts";
import { LeaseHeldError, LeaseLostError } from "../../session/errors/lease-errors.ts";
import { Message } from "../../session/message.ts";
import { parseSessionId } from "../../session/session-id.ts";
import type { EngineOpener } from "../target.ts";

export interface HolderJob {
  /** URL of the target's `opener` module. */
  readonly opener: string;
  readonly location: string;
  readonly sessionId: string;
  /** Message n of its nth lease is `<name> <nth> <n>`, both from 1. */
  readonly name: string;
  /** It ends after so many leases. */
  readonly leases: number;
  /** So many commits are made under each. */
  readonly commits: number;
  /** It takes the session from whoever holds it. */
  readonly takesOver: boolean;
}

/** What a holder prints of its n-th lease. `ended`: released, or lost. */
export type HolderLine =
  | { readonly kind: "held"; readonly nth: number }
  | { readonly kind: "stored"; readonly nth: number; readonly n: number; readonly revision: number }
  | { readonly kind: "ended"; readonly nth: number; readonly isLost: boolean };

function print(line: HolderLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function hold({
  opener,
  location,
  sessionId,
  name,
  leases,
  commits,
  takesOver,
}: HolderJob): Promise<void> {
  const { open } = (await import(opener)) as EngineOpener;
  const engine = await open(location);
  const id = parseSessionId(sessionId);

  async function held(): Promise<EngineLease> {
    for (;;) {
      try {
        return await engine.lease(id, { by: name, takeOver: takesOver });
      } catch (error) {
        if (!(error instanceof LeaseHeldError)) throw error;
        await sleep(5 + Math.random() * 40);
      }
    }
  }

  for (let nth = 1; nth <= leases; nth++) {
    const lease = await held();
    print({ kind: "held", nth });
    let isLost = false;
    for (let n = 1; n <= commits && !isLost; n++) {
      const splice = ["end", 0, [Message.user(`${name} ${nth} ${n}`)]] as const;
      try {
        const { revision } = await engine.commit(id, { splice, lease: lease.token });
        print({ kind: "stored", nth, n, revision });
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        isLost = true;
      }
    }
    await lease.release();
    print({ kind: "ended", nth, isLost });
    // The others get their chance.
    await sleep(Math.random() * 20);
  }
  await engine.close();
}

await hold(JSON.parse(process.argv[2] ?? "") as HolderJob);
