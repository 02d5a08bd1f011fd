import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { DayRow, Overview as Shown, ProjectRow } from "../../shapes.ts";
import { go, withParts, type Address } from "../address.ts";
import { ago, bytes, counted, exactly, lastOf, plainLine, short } from "../format.ts";
import { PageLink } from "../parts/page-link.tsx";
import { ask, isAbort } from "../server.ts";
import { State } from "../states.tsx";
import { HeatMap, Timeline } from "./days.tsx";

interface Props {
  readonly address: Address;
  /** Asked for anew when it changes. */
  readonly round: unknown;
}

/** What the sessions come to that the filters leave: by days, and by projects. */
export function Overview({ address, round }: Props): VNode {
  const [shown, setShown] = useState<Shown | Error | undefined>();
  const query = address.toString();
  useEffect(() => {
    const asking = new AbortController();
    ask<Shown>(`overview?${query}`, asking.signal).then(setShown, (error: unknown) => {
      if (!isAbort(error)) setShown(error as Error);
    });
    return () => asking.abort();
  }, [query, round]);
  if (shown === undefined) return <State kind="loading" title="Adding up …" />;
  if (shown instanceof Error)
    return (
      <State kind="error" title="The sessions cannot be added up.">
        <p>{shown.message}</p>
      </State>
    );
  const toDay = (day: string): void => go(withParts(address, { view: null, day }));
  return (
    <div class="scroller overview" tabIndex={0} role="region" aria-label="Overview">
      <section aria-label="Activity">
        <h2>Sessions by the day of their last change</h2>
        <HeatMap days={shown.days} onDay={toDay} />
      </section>
      <section aria-label="Tokens">
        <h2>Tokens of those sessions' text, by estimate</h2>
        <Timeline days={shown.days} />
      </section>
      <Projects rows={shown.projects} address={address} />
      <Busiest days={shown.days} address={address} />
    </div>
  );
}

const COLUMNS = [
  ["sessions", "Sessions"],
  ["messages", "Messages"],
  ["tokens", "Tokens of text"],
  ["bytes", "Size"],
  ["updatedAt", "Last change"],
] as const;
type Column = (typeof COLUMNS)[number][0];

function Projects({ rows, address }: { rows: readonly ProjectRow[]; address: Address }): VNode {
  const [by, setBy] = useState<Column>("updatedAt");
  const sorted = rows.toSorted((a, b) => (a[by] < b[by] ? 1 : a[by] > b[by] ? -1 : 0));
  return (
    <section aria-label="Projects" class="table-box">
      <table>
        <caption>{counted(rows.length, "project")}</caption>
        <thead>
          <tr>
            <th scope="col">Project</th>
            {COLUMNS.map(([column, title]) => (
              <th
                key={column}
                scope="col"
                class="number"
                aria-sort={by === column ? "descending" : undefined}
              >
                <button type="button" class="quiet" onClick={() => setBy(column)}>
                  {title}
                  {by === column && <span aria-hidden="true"> ↓</span>}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.project}>
              <th scope="row" title={row.project}>
                <Narrowed address={address} name="project" value={row.project}>
                  {row.project === "" ? "no project" : plainLine(lastOf(row.project, 2))}
                </Narrowed>
              </th>
              <td class="number">{short(row.sessions)}</td>
              <td class="number">{short(row.messages)}</td>
              <td class="number">{short(row.tokens)}</td>
              <td class="number">{bytes(row.bytes)}</td>
              <td class="number">
                <time dateTime={row.updatedAt} title={exactly(row.updatedAt)}>
                  {ago(row.updatedAt)}
                </time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The days of the map that have most, for who cannot point at it. */
function Busiest({ days, address }: { days: readonly DayRow[]; address: Address }): VNode {
  const most = days.toSorted((a, b) => b.sessions - a.sessions).slice(0, 5);
  return (
    <section aria-label="Busiest days">
      <h2>Busiest days</h2>
      <ol class="busiest">
        {most.map(({ day, sessions, tokens }) => (
          <li key={day}>
            <Narrowed address={address} name="day" value={day}>
              {day}
            </Narrowed>
            : {counted(sessions, "session")}, {short(tokens)} tokens of text
          </li>
        ))}
      </ol>
    </section>
  );
}

interface NarrowedProps {
  readonly address: Address;
  readonly name: "project" | "day";
  readonly value: string;
  readonly children: string;
}

/** A link to the sessions that have a value. */
function Narrowed({ address, name, value, children }: NarrowedProps): VNode {
  const parts = withParts(address, { view: null, [name]: value });
  return <PageLink parts={Object.fromEntries(parts)}>{children}</PageLink>;
}
