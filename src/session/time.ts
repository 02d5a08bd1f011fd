/** White space as Rust's standard library sees it. */
const SPACE = "(?:[^\\S\\ufeff]|\\x85)*";

/**
 * The times that Astrid's reader takes: RFC 3339, and besides it single digits, blanks between the parts, years
 * beyond 9999 behind a sign, the zone `UTC`, and any number of decimals.
 */
const TIME = new RegExp(
  `^${SPACE}([+-]\\d+|\\d{1,4})${SPACE}-${SPACE}(\\d\\d?)${SPACE}-${SPACE}(\\d\\d?)` +
    `[Tt ]${SPACE}(\\d\\d?)${SPACE}:${SPACE}(\\d\\d?)${SPACE}:${SPACE}(\\d\\d?)(\\.\\d+)?${SPACE}` +
    `(?:[Zz]|[Uu][Tt][Cc]|([+\\-\\u2212])(\\d\\d)(?:[:\\x85]|[^\\S\\ufeff])*([0-5]\\d))${SPACE}$`,
);

/** The years that Astrid's calendar has. */
const FIRST_YEAR = -262143;
const LAST_YEAR = 262142;

/** Whether a value is a time that Astrid reads; a leap second is one, 30 February is none. */
export function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(strictMs(value));
}

/** Whether a value is a time that a store may hold: earlier versions took 30 February for 1 March. */
export function isStoredTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(timeMs(value));
}

/** Milliseconds since 1970; `NaN` when the text is no time. A leap second counts as the second behind it. */
export function timeMs(text: string): number {
  const time = strictMs(text);
  return Number.isNaN(time) && EARLIER_TIME.test(text) ? Date.parse(text) : time;
}

const EARLIER_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** As our own times are written, of days that every month has: a listing of many sessions reads few others. */
const PLAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function strictMs(text: string): number {
  if (PLAIN.test(text)) return Date.parse(text);
  const match = TIME.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hour, minute, second, decimals = "", sign, zoneHours, zoneMinutes] = match;
  const [y, mo, d] = [Number(year), Number(month), Number(day)];
  const [h, mi, s] = [Number(hour), Number(minute), Number(second)];
  if (y < FIRST_YEAR || y > LAST_YEAR || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo)) return NaN;
  if (h > 23 || mi > 59 || s > 60) return NaN;
  const ahead = sign === undefined ? 0 : Number(zoneHours) * 60 + Number(zoneMinutes);
  if (ahead >= 24 * 60) return NaN;
  const date = new Date(0);
  // The constructor takes years below 100 for years of the 20th century.
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, sign === "+" ? mi - ahead : mi + ahead, s, Math.floor(Number(`0${decimals}`) * 1000));
  return date.getTime();
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
