const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** "5 min. ago". */
export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  for (const [unit, length] of UNITS)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return "just now";
}

/** To the second, for who points at it. */
export function exactly(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : absolute.format(date);
}

export function clockTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : clock.format(date);
}

/** How long something took: "0.4 s", "3 min 5 s". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

export function short(count: number): string {
  return compact.format(count);
}

export function counted(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const unit = count < 1e6 ? "KB" : count < 1e9 ? "MB" : "GB";
  const value = count / (unit === "KB" ? 1e3 : unit === "MB" ? 1e6 : 1e9);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** The end of a path, of one name or more, which tells projects apart. */
export function lastOf(path: string, names = 1): string {
  const all = path.split(/[/\\]/).filter((name) => name !== "");
  // A number, as worktrees are called by, says nothing alone.
  const told = /^\d+$/.test(all.at(-1) ?? "") ? Math.max(names, 2) : names;
  return all.length === 0 ? path : all.slice(-told).join("/");
}

/** A letter with thousands of marks upon it holds up whoever draws it, for seconds. */
export function calm(text: string): string {
  return text.replace(/(\p{M}{12})\p{M}+/gu, "$1…");
}

/** No line of ours shows more. */
const LONGEST_LINE = 1000;

/** Stored text on a line of ours: no sign of it may turn the line around. */
export function plainLine(text: string): string {
  return calm(text.slice(0, LONGEST_LINE))
    .replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}
