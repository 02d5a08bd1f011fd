export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY };

/** `30d`, `12h`, `2w`, `90m`, `1y` in milliseconds; `undefined` for what is no duration. */
export function durationIn(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([mhdwy])$/.exec(text.trim()) ?? [];
  const milliseconds = UNITS[unit];
  return milliseconds === undefined ? undefined : Number(count) * milliseconds;
}
