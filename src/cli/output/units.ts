import { DAY, durationIn, HOUR, MINUTE } from "../../faces/duration.ts";
import { usageError } from "../exit-code.ts";

/** `30d`, `12h`, `2w`, `90m`, `1y` in milliseconds. @throws {CommandError} */
export function parseDuration(text: string): number {
  const duration = durationIn(text);
  if (duration === undefined)
    throw usageError(`${JSON.stringify(text)} is not a duration: write 30d, 12h, 2w, 90m or 1y.`);
  return duration;
}

/** After how long a session rests, in milliseconds; `never`: `undefined`. @throws {CommandError} */
export function restIn(text: string): number | undefined {
  return text.trim() === "never" ? undefined : parseDuration(text);
}

/** A duration in days. @throws {CommandError} */
export function parseDays(text: string): number {
  return parseDuration(text) / DAY;
}

/**
 * A time, or a duration before `now`, as RFC 3339. Without a time zone it is the local one, as everything that is shown:
 * a date alone is the beginning of that day here. @throws {CommandError}
 */
export function parseTime(text: string, now: Date): string {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    // JavaScript takes a date alone as UTC, and a date with a time as local.
    const time = new Date(text.length === 10 ? `${text}T00:00` : text);
    if (!Number.isNaN(time.getTime())) return time.toISOString();
  }
  try {
    return new Date(now.getTime() - parseDuration(text)).toISOString();
  } catch {
    throw usageError(
      `${JSON.stringify(text)} is not a time: write 2026-01-31, 2026-01-31T12:00Z, or 30d for 30 days ago.`,
    );
  }
}

/** What an option says, a whole number from `least` up. @throws {CommandError} */
export function parseCount(option: string, text: string, least = 0): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count;
  throw usageError(`${option} takes a whole number from ${least} up, not ${JSON.stringify(text)}.`);
}

const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `500MB`, `2GB`, `1.5 GB`, `12000` in bytes. @throws {CommandError} */
export function parseBytes(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)b?$/i.exec(text.trim());
  const unit = SIZES[match?.[2]?.toLowerCase() ?? "?"];
  if (match === null || unit === undefined)
    throw usageError(`${option} takes a size such as 500MB or 2GB, not ${JSON.stringify(text)}.`);
  return Math.round(Number(match[1]) * unit);
}

/** `just now`, `5m ago`, `3h ago`, `12d ago`; further back the date. */
export function relativeTime(time: string, now: Date): string {
  const then = new Date(time);
  const age = now.getTime() - then.getTime();
  if (Number.isNaN(age)) return time;
  if (age < 0 || age > 60 * DAY) return isoDate(then);
  if (age < MINUTE) return "just now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h ago`;
  return `${Math.floor(age / DAY)}d ago`;
}

/** `now`, `5m`, `3h`, `12d`, `4mo`, `2y`: how long ago, in the least room. A time that is still to come is `now`. */
export function age(time: string, now: Date): string {
  const since = now.getTime() - new Date(time).getTime();
  if (Number.isNaN(since)) return "?";
  if (since < MINUTE) return "now";
  if (since < HOUR) return `${Math.floor(since / MINUTE)}m`;
  if (since < DAY) return `${Math.floor(since / HOUR)}h`;
  if (since < 60 * DAY) return `${Math.floor(since / DAY)}d`;
  if (since < 365 * DAY) return `${Math.floor(since / (30 * DAY))}mo`;
  return `${Math.floor(since / (365 * DAY))}y`;
}

/** `2026-01-31 12:00` in local time, and how long ago that is. */
export function fullTime(time: string, now: Date): string {
  const then = new Date(time);
  if (Number.isNaN(then.getTime())) return time;
  const clock = `${twoDigits(then.getHours())}:${twoDigits(then.getMinutes())}`;
  const relative = relativeTime(time, now);
  const date = isoDate(then);
  return relative === date ? `${date} ${clock}` : `${date} ${clock} (${relative})`;
}

/** `980 B`, `12 kB`, `3.4 MB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5)
      return `${value < 9.95 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

/** `1,234,567`. Its locale data would take longer to load than a whole listing. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 session`, `2 sessions`, `1,234 sessions`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function isoDate(date: Date): string {
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
