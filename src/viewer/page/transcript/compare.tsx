import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChangedField, ChangedMessages, Comparison } from "../../shapes.ts";
import { hrefOf } from "../address.ts";
import { ago, counted, exactly, plainLine } from "../format.ts";
import { PageLink } from "../parts/page-link.tsx";
import { ask, isAbort } from "../server.ts";
import { State } from "../states.tsx";
import { MessageItem } from "./message-item.tsx";

/** What a revision changed: what went, beside what came. */
export function Compare({ id, revision }: { id: string; revision: string }): VNode {
  const [shown, setShown] = useState<Comparison | Error | undefined>();
  useEffect(() => {
    const asking = new AbortController();
    setShown(undefined);
    ask<Comparison>(`sessions/${id}/compare?revision=${encodeURIComponent(revision)}`, asking.signal).then(
      setShown,
      (error: unknown) => {
        if (!isAbort(error)) setShown(error as Error);
      },
    );
    return () => asking.abort();
  }, [id, revision]);
  if (shown === undefined) return <State kind="loading" title="Reading both revisions …" />;
  if (shown instanceof Error)
    return (
      <State kind="error" title="The revisions cannot be compared.">
        <p>{shown.message}</p>
        <a href={hrefOf({ session: id })}>To the session</a>
      </State>
    );
  const { previous, next, at, did, fields, removed, added } = shown;
  return (
    <div class="scroller compare" tabIndex={0} role="region" aria-label="What a revision changed">
      <header class="compare-head">
        <h2>
          Revision {shown.revision}
          {previous === null ? ", the first" : ` beside ${previous}`}: {did}
        </h2>
        <time dateTime={at} title={exactly(at)}>
          {ago(at)}
        </time>
        {previous !== null && (
          <PageLink parts={{ session: id, compare: String(previous) }}>← the change before</PageLink>
        )}
        {next !== null && (
          <PageLink parts={{ session: id, compare: String(next) }}>the next change →</PageLink>
        )}
        <PageLink parts={{ session: id, revision: String(shown.revision) }}>the session as it was</PageLink>
      </header>
      {fields.map((field) => (
        <Field key={field.field} {...field} />
      ))}
      <div class={removed.count > 0 && added.count > 0 ? "sides both" : "sides"}>
        <Side kind="del" title="went" id={id} revision={previous} messages={removed} />
        <Side kind="add" title="came" id={id} revision={shown.revision} messages={added} />
      </div>
      {fields.length === 0 && removed.count + added.count === 0 && (
        <p class="compare-none">Nothing that is shown here became different.</p>
      )}
    </div>
  );
}

function Field({ field, before, after }: ChangedField): VNode {
  return (
    <dl class="changed-field">
      <dt>{plainLine(field)}</dt>
      {before !== null && <dd class="diff-del">{before}</dd>}
      {after !== null && <dd class="diff-add">{after}</dd>}
    </dl>
  );
}

interface SideProps {
  readonly kind: "add" | "del";
  readonly title: string;
  readonly id: string;
  /** Where the messages are to be found. */
  readonly revision: number | null;
  readonly messages: ChangedMessages;
}

function Side({ kind, title, id, revision, messages: { count, messages } }: SideProps): VNode | null {
  if (count === 0) return null;
  return (
    <section class={`side-${kind}`} aria-label={`Messages that ${title}`}>
      <h3>
        {counted(count, "message")} {title}
      </h3>
      {messages.map((message) => (
        <MessageItem
          key={message.position}
          session={id}
          revision={revision === null ? null : String(revision)}
          message={message}
          isSelected={false}
          wantedPart={undefined}
          callOf={() => undefined}
        />
      ))}
      {messages.length < count && (
        <p>{counted(count - messages.length, "further message")} not shown here.</p>
      )}
    </section>
  );
}
