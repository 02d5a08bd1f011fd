import { timeMs } from "../../session/time.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** A message's day and time of day, in the zone of this machine; `undefined` for what is no time. */
export function localTime(at: unknown): { readonly day: string; readonly clock: string } | undefined {
  if (typeof at !== "string") return undefined;
  const date = new Date(timeMs(at));
  if (Number.isNaN(date.getTime())) return undefined;
  return {
    day: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}`,
  };
}

/** The zone in which all times are told: `Europe/Berlin (UTC+1)`. */
export function zoneName(now: Date): string {
  const minutes = -now.getTimezoneOffset();
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const offset =
    minutes === 0 ? "" : `${minutes < 0 ? "−" : "+"}${hours}${rest === 0 ? "" : `:${two(rest)}`}`;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone === "UTC" ? "UTC" : `${timeZone} (UTC${offset})`;
}
