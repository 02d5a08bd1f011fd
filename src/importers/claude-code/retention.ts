import { dirname, join } from "node:path";
import type { Retention } from "../homes.ts";
import { settingsIn } from "../read/settings.ts";

const DEFAULT_DAYS = 30;

/** Claude Code deletes transcripts at its start, by the time of change; `cleanupPeriodDays` says after how many days. */
export function claudeRetention(folder: string): Retention {
  const file = join(dirname(folder), "settings.json");
  const days = settingsIn(file)?.["cleanupPeriodDays"];
  return typeof days === "number" && days >= 0
    ? { days, said: file }
    : { days: DEFAULT_DAYS, said: "default" };
}
