import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { HistoryPage, RevisionRow } from "../../shapes.ts";
import { ago, counted, exactly } from "../format.ts";
import { PageLink } from "../parts/page-link.tsx";
import { ask } from "../server.ts";

/** The revisions of a session, each to be opened, and compared with the one before. */
export function History({ id, revision, now }: { id: string; revision: string | null; now: number }): VNode {
  const [page, setPage] = useState<HistoryPage | Error | undefined>();
  useEffect(() => {
    ask<HistoryPage>(`sessions/${id}/history`).then(setPage, setPage);
  }, [id, now]);
  return (
    <section class="history" aria-label="History">
      <h2>History</h2>
      {page === undefined && <p>Reading …</p>}
      {page instanceof Error && <p>{page.message}</p>}
      {page !== undefined && !(page instanceof Error) && (
        <>
          <Line revisions={page.revisions} />
          <ol>
            {page.revisions.map((row, index) => (
              <li key={row.revision}>
                <Entry id={id} row={row} isOpen={revision === String(row.revision)} isNow={index === 0} />
                <PageLink class="compare-link" parts={{ session: id, compare: String(row.revision) }}>
                  {`what ${row.revision} changed`}
                </PageLink>
              </li>
            ))}
          </ol>
          {page.more && <p>Earlier ones are not listed.</p>}
        </>
      )}
    </section>
  );
}

function Entry(props: { id: string; row: RevisionRow; isOpen: boolean; isNow: boolean }): VNode {
  const { id, row, isOpen, isNow } = props;
  const parts = isNow ? { session: id } : { session: id, revision: String(row.revision) };
  return (
    <PageLink class={isOpen ? "here" : ""} parts={parts}>
      <span class="revision">{row.revision}</span>
      <span class="did">{row.did}</span>
      <span class="about">
        {counted(row.messageCount, "message")},{" "}
        <time dateTime={row.at} title={exactly(row.at)}>
          {ago(row.at)}
        </time>
      </span>
    </PageLink>
  );
}

const WIDTH = 260;
const HEIGHT = 40;

/** How many messages there were: a rewind and a summary are steps down. */
function Line({ revisions }: { revisions: readonly RevisionRow[] }): VNode | null {
  if (revisions.length < 3) return null;
  const rows = revisions.toReversed();
  const most = Math.max(...rows.map(({ messageCount }) => messageCount), 1);
  const points = rows.map(
    ({ messageCount }, index) =>
      `${((index / (rows.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (messageCount / most) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg
      class="history-line"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Messages by revision, up to ${most}`}
    >
      <polyline points={points.join(" ")} />
    </svg>
  );
}
