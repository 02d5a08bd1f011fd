import { dirname, join } from "node:path";
import { objectIn } from "../draft/blocks.ts";
import type { Retention } from "../homes.ts";
import { settingsIn } from "../read/settings.ts";

const DEFAULT_DAYS = 30;
const IN_DAYS: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7, m: 30 };

/** Gemini CLI deletes chats at its start, unless `general.sessionRetention` says otherwise. How many it keeps at most is not looked at. */
export function geminiRetention(folder: string): Retention {
  const file = join(dirname(folder), "settings.json");
  const { enabled, maxAge } = objectIn(objectIn(settingsIn(file)?.["general"])["sessionRetention"]);
  if (enabled === false) return { days: undefined, said: file };
  const match = /^(\d+)([hdwm])$/.exec(typeof maxAge === "string" ? maxAge.trim() : "");
  const unit = IN_DAYS[match?.[2] ?? ""];
  return match === null || unit === undefined
    ? { days: DEFAULT_DAYS, said: "default" }
    : { days: Number(match[1]) * unit, said: file };
}
