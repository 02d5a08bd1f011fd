import type { VNode } from "preact";
import type { Hit, SearchResult } from "../../shapes.ts";
import { ago, counted, exactly, lastOf, plainLine } from "../format.ts";
import { PageLink } from "../parts/page-link.tsx";

/** What the full text has, one session below the other. */
export function Hits({ result, query }: { result: SearchResult; query: string }): VNode {
  const bySession = Map.groupBy(result.hits, ({ session }) => session.id);
  return (
    <section class="hits" aria-label="In what was said">
      <h2>
        In what was said: {counted(result.hits.length, "place")} in {counted(bySession.size, "session")}
      </h2>
      <ul>
        {[...bySession.values()].map((hits) => (
          <li key={hits[0]?.session.id}>
            <SessionHits hits={hits} query={query} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SessionHits({ hits, query }: { hits: readonly Hit[]; query: string }): VNode | null {
  const [first] = hits;
  if (first === undefined) return null;
  const { session } = first;
  return (
    <>
      <div class="hit-head">
        <span class="hit-title" dir="auto">
          {plainLine(session.label)}
        </span>
        <span class="hit-about">
          {session.source}
          {session.project === null ? "" : ` · ${plainLine(lastOf(session.project))}`} ·{" "}
          <time dateTime={session.updatedAt} title={exactly(session.updatedAt)}>
            {ago(session.updatedAt)}
          </time>
        </span>
      </div>
      {hits.map((hit) => (
        <HitLine key={hit.position ?? "title"} hit={hit} query={query} />
      ))}
    </>
  );
}

function HitLine({ hit, query }: { hit: Hit; query: string }): VNode {
  const { session, position, role, snippet, marks } = hit;
  const word = marks[0] === undefined ? query : snippet.slice(marks[0][0], marks[0][1]);
  const parts = {
    session: session.id,
    ...(position === null ? {} : { at: String(position), find: word }),
  };
  return (
    <PageLink class="hit" parts={parts}>
      <span class="hit-place">{position === null ? "title" : `${role ?? ""} #${position}`}</span>
      <span class="snippet" dir="auto">
        {marked(snippet, marks)}
      </span>
    </PageLink>
  );
}

function marked(snippet: string, marks: Hit["marks"]): (VNode | string)[] {
  const pieces: (VNode | string)[] = [];
  let at = 0;
  for (const [start, end] of marks) {
    pieces.push(snippet.slice(at, start), <mark key={start}>{snippet.slice(start, end)}</mark>);
    at = end;
  }
  pieces.push(snippet.slice(at));
  return pieces;
}
