import type { VNode } from "preact";
import type { DayRow } from "../../shapes.ts";
import { counted, short } from "../format.ts";

const DAY = 86_400_000;
const WEEKS = 53;
const CELL = 12;
const LEVELS = 4;

/** Days as they are written, from the first to today; in UTC, where each has 24 hours. */
function daysTo(today: Date, count: number): string[] {
  const end = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate());
  return Array.from({ length: count }, (_, at) =>
    new Date(end - (count - 1 - at) * DAY).toISOString().slice(0, 10),
  );
}

/** A square for each day of a year, the darker the more sessions. */
export function HeatMap({ days, onDay }: { days: readonly DayRow[]; onDay: (day: string) => void }): VNode {
  const today = new Date();
  // Columns are weeks that begin on Monday; the last one ends today.
  const shown = daysTo(today, (WEEKS - 1) * 7 + ((today.getDay() + 6) % 7) + 1);
  const byDay = new Map(days.map((row) => [row.day, row]));
  const inSight = shown.flatMap((day) => byDay.get(day) ?? []);
  const most = Math.max(...inSight.map(({ sessions }) => sessions), 1);
  const sum = inSight.reduce((total, { sessions }) => total + sessions, 0);
  const about = `${counted(sum, "session")} on ${counted(inSight.length, "day")} of the last year; at most ${most} on one`;
  return (
    <>
      <div class="chart-box" tabIndex={0} role="group" aria-label="Days of a year" ref={showEnd}>
        <svg class="heat" viewBox={`0 0 ${WEEKS * CELL} ${7 * CELL}`} role="img" aria-label={about}>
          {shown.map((day, at) => {
            const { sessions = 0 } = byDay.get(day) ?? {};
            // By its root: one busy day leaves the others their differences.
            const level = sessions === 0 ? 0 : Math.ceil(Math.sqrt(sessions / most) * LEVELS);
            return (
              <rect
                key={day}
                class={`heat-${level}`}
                x={Math.floor(at / 7) * CELL + 1}
                y={(at % 7) * CELL + 1}
                width={CELL - 2}
                height={CELL - 2}
                rx="2"
                onClick={() => {
                  if (sessions > 0) onDay(day);
                }}
              >
                <title>{`${day}: ${counted(sessions, "session")}`}</title>
              </rect>
            );
          })}
        </svg>
      </div>
      <p class="chart-note">{about}.</p>
    </>
  );
}

/** Where there is no room for all, the last days are what is looked for. */
function showEnd(box: HTMLElement | null): void {
  if (box !== null) box.scrollLeft = box.scrollWidth;
}

const BARS = 90;
const HEIGHT = 80;

/** A bar for each of the last ninety days, as high as the tokens of its sessions. */
export function Timeline({ days }: { days: readonly DayRow[] }): VNode {
  const shown = daysTo(new Date(), BARS);
  const byDay = new Map(days.map((row) => [row.day, row.tokens]));
  const most = Math.max(...shown.map((day) => byDay.get(day) ?? 0), 1);
  const sum = shown.reduce((total, day) => total + (byDay.get(day) ?? 0), 0);
  const about = `${short(sum)} tokens of text within ${BARS} days, ${short(most)} at most on one`;
  return (
    <>
      <svg
        class="timeline"
        viewBox={`0 0 ${BARS * 8} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={about}
      >
        {shown.map((day, at) => {
          const tokens = byDay.get(day) ?? 0;
          const height = tokens === 0 ? 0 : Math.max((tokens / most) * HEIGHT, 2);
          return (
            <rect key={day} x={at * 8 + 1} width="6" y={HEIGHT - height} height={height}>
              <title>{`${day}: ${short(tokens)} tokens of text`}</title>
            </rect>
          );
        })}
      </svg>
      <p class="chart-ends">
        <span>{shown[0]}</span>
        <span>{about}</span>
        <span>{shown.at(-1)}</span>
      </p>
    </>
  );
}
