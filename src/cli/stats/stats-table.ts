import { tableLines, type Column } from "../output/table.ts";
import { cutStartToWidth, oneLine, textWidth } from "../output/text-width.ts";
import { grouped } from "../output/units.ts";
import { totalTokens, type Amounts, type Tokens } from "./amounts.ts";
import type { Group, Grouping } from "./collect.ts";

interface Told {
  readonly header: string;
  readonly of: (amounts: Amounts) => string;
  /** Columns with the greatest number go first when the window is narrow. */
  readonly goes: number;
  /** Left out where no group has any. */
  readonly has?: (amounts: Amounts) => boolean;
}

function kindOf(kind: keyof Tokens): (amounts: Amounts) => string {
  return (amounts) => (totalTokens(amounts) === 0 ? "–" : shortCount(amounts[kind]));
}

function hasTokens(amounts: Amounts): boolean {
  return totalTokens(amounts) > 0;
}

const COLUMNS: readonly Told[] = [
  { header: "SESSIONS", of: ({ sessions }) => grouped(sessions), goes: 2 },
  { header: "PROMPTS", of: ({ prompts }) => grouped(prompts), goes: 3 },
  { header: "CALLS", of: ({ calls }) => grouped(calls), goes: 6 },
  { header: "IN", of: kindOf("input"), goes: 4, has: hasTokens },
  { header: "OUT", of: kindOf("output"), goes: 4, has: hasTokens },
  {
    header: "CACHED",
    of: kindOf("cacheRead"),
    goes: 5,
    has: ({ cacheRead }) => cacheRead > 0,
  },
  {
    header: "TO CACHE",
    of: kindOf("cacheWrite"),
    goes: 7,
    has: ({ cacheWrite }) => cacheWrite > 0,
  },
  {
    header: "REASONING",
    of: kindOf("reasoning"),
    goes: 8,
    has: ({ reasoning }) => reasoning > 0,
  },
  {
    header: "RECORDED",
    of: ({ costRecorded }) => dollars(costRecorded),
    goes: 2,
    has: ({ costRecorded }) => costRecorded !== null,
  },
  {
    header: "ESTIMATE",
    of: estimateOf,
    goes: 1,
    has: ({ costEstimated, tokensUnpriced }) => costEstimated !== null || tokensUnpriced > 0,
  },
];

/** Where none were recorded it is not known how many there were. */
function tokensOf(amounts: Amounts): string {
  const tokens = totalTokens(amounts);
  return tokens === 0 ? "–" : shortCount(tokens);
}

const BAR = 20;
const NARROWEST_BAR = 6;
/** So many columns of a group's name stay. */
const KEY = 20;
const DAY = 10;

/** The groups as a table with a bar for each one's tokens, the total below; columns drop out as the window narrows. */
export function statsLines(
  groups: readonly Group[],
  total: Amounts,
  by: Grouping,
  width: number | undefined,
): string[] {
  let columns = COLUMNS.filter(({ has }) => has === undefined || has(total));
  if (by === "session") columns = columns.filter(({ header }) => header !== "SESSIONS");
  for (let going = 8; going > 0 && !fits(groups, total, columns, by, width); going--)
    columns = columns.filter(({ goes }) => goes < going);
  const most = Math.max(1, ...groups.map(totalTokens));
  const bar = barWidth(groups, total, columns, by, width);
  const spare =
    width === undefined
      ? Infinity
      : KEY + room(groups, total, columns, by, width) - (bar === 0 ? 0 : bar + 2);
  const row = (name: string, amounts: Amounts, drawn: string): string[] => [
    name,
    tokensOf(amounts),
    ...(bar === 0 ? [] : [drawn]),
    ...columns.map(({ of }) => of(amounts)),
  ];
  const rows = groups.map((group) =>
    row(nameOf(group, by, spare), group, barOf(totalTokens(group) / most, bar)),
  );
  const header: Column[] = [
    { header: by.toUpperCase(), shrinksTo: keyWidth(by) },
    { header: "TOKENS", align: "right" },
    ...(bar === 0 ? [] : [{ header: "" }]),
    ...columns.map((column): Column => ({ header: column.header, align: "right" })),
  ];
  return tableLines(header, groups.length > 1 ? [...rows, row("total", total, "")] : rows, width);
}

function fits(
  groups: readonly Group[],
  total: Amounts,
  columns: readonly Told[],
  by: Grouping,
  width: number | undefined,
): boolean {
  return width === undefined || room(groups, total, columns, by, width) >= NARROWEST_BAR + 2;
}

function barWidth(
  groups: readonly Group[],
  total: Amounts,
  columns: readonly Told[],
  by: Grouping,
  width: number | undefined,
): number {
  if (!hasTokens(total)) return 0;
  if (width === undefined) return BAR;
  const left = Math.min(room(groups, total, columns, by, width) - 2, BAR);
  return left >= NARROWEST_BAR ? left : 0;
}

/** Columns of the window that are free beside a table whose names are as short as they may be. */
function room(
  groups: readonly Group[],
  total: Amounts,
  columns: readonly Told[],
  by: Grouping,
  width: number,
): number {
  const all = [total, ...groups];
  const widths = columns.map(({ header, of }) =>
    Math.max(header.length, ...all.map((one) => textWidth(of(one)))),
  );
  return width - keyWidth(by) - 2 - 6 - widths.reduce((sum, one) => sum + one + 2, 0);
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function keyWidth(by: Grouping): number {
  return by === "day" || by === "month" ? DAY : KEY;
}

function barOf(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return bar === "" && share > 0 ? "▏" : bar;
}

function nameOf({ key, title }: Group, by: Grouping, most: number): string {
  if (key === null) return by === "day" || by === "month" ? "(no time)" : `(no ${by})`;
  // Of a path the end tells more.
  if (by === "project" && most !== Infinity) return cutStartToWidth(oneLine(key), Math.max(most, KEY));
  return title === undefined ? oneLine(key) : `${key.slice(0, 8)}  ${oneLine(title)}`;
}

/** `950`, `12.3k`, `4.6M`. */
export function shortCount(count: number): string {
  let value = count;
  for (const unit of ["", "k", "M", "G"]) {
    if (value < 999.5 || unit === "G")
      return unit === "" ? String(value) : `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${unit}`;
    value /= 1000;
  }
  return String(count);
}

/** A cost that is there is never shown as nothing. */
export function dollars(cost: number | null): string {
  if (cost === null) return "–";
  if (cost > 0 && cost < 0.01) return "<$0.01";
  const [whole = "0", cents = "00"] = cost.toFixed(2).split(".");
  return `$${whole.replace(/\B(?=(?:\d{3})+$)/g, ",")}.${cents}`;
}

/** `+?`: some of it has no price. */
function estimateOf({ costEstimated, tokensUnpriced }: Amounts): string {
  return costEstimated === null
    ? tokensUnpriced > 0
      ? "?"
      : "–"
    : `${dollars(costEstimated)}${tokensUnpriced > 0 ? " +?" : ""}`;
}
