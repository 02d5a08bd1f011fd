import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { SessionDetails } from "../../shapes.ts";
import { hrefOf, isPlainClick } from "../address.ts";
import { counted, lastOf, plainLine, short } from "../format.ts";
import { useMedia, WIDE } from "../media.ts";
import { tell } from "../notice.tsx";
import { Deeds } from "../session/deeds.tsx";
import { Edit, type Field } from "../session/edit.tsx";
import { toList } from "../way-back.ts";

interface Props {
  readonly id: string;
  readonly revision: string | null;
  readonly details: SessionDetails | undefined;
  readonly count: number | undefined;
  /** It can be read: something can be done with it. */
  readonly isThere: boolean;
  /** It was changed: its head is to be read again. */
  readonly refresh: () => void;
}

/** What a session is, and what can be done with it elsewhere. */
export function SessionHead({ id, revision, details, count, isThere, refresh }: Props): VNode {
  const [editing, setEditing] = useState<Field | undefined>();
  const isWide = useMedia(WIDE);
  const session = details?.session;
  const { held = null, forkedFrom = null, project = null, model = null } = session ?? {};
  const { parent = null, branch = null, resume = null } = details ?? {};
  const back = (event: MouseEvent): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    toList();
  };
  const tools = (
    <div class="session-tools">
      <button type="button" onClick={() => copy(id, "The id is copied.")}>
        Copy id
      </button>
      <button
        type="button"
        disabled={resume === null}
        title={resume ?? details?.whyNoResume ?? ""}
        onClick={() => copy(resume ?? "", "The command is copied; it is for your shell.")}
      >
        Copy resume command
      </button>
      <a class="button" href={`api/sessions/${id}/export`} download>
        Export
      </a>
    </div>
  );
  return (
    <header class="bar session-bar">
      <a class="back" href="./" onClick={back} aria-label="Back to the list">
        ←
      </a>
      <div class="session-name">
        {details !== undefined && !details.readOnly && isThere && (
          <Deeds row={details.session} onEdit={setEditing} refresh={refresh} />
        )}
        {session !== undefined && editing !== undefined && (
          <Edit
            key={editing}
            row={session}
            field={editing}
            refresh={refresh}
            onDone={() => setEditing(undefined)}
          />
        )}
        <h1 dir="auto">{session === undefined ? `Session ${id.slice(0, 8)}` : plainLine(session.label)}</h1>
        <p class="session-about">
          {revision !== null && (
            <span class="mark held">
              revision {revision}, as it was · <a href={hrefOf({ session: id })}>as it is</a>
            </span>
          )}
          {held !== null && <span class="mark held">held by {plainLine(held.by)}</span>}
          {parent !== null && (
            <a href={hrefOf({ session: parent.id })}>sub-agent of {plainLine(parent.label)}</a>
          )}
          {forkedFrom !== null && <a href={hrefOf({ session: forkedFrom })}>fork of another</a>}
          {session?.pinned === true && <span class="mark pinned">★ pinned</span>}
          {session?.archived === true && <span class="mark">archived</span>}
          {session !== undefined && <span>{plainLine(session.source)}</span>}
          {project !== null && <span title={project}>{plainLine(lastOf(project))}</span>}
          {branch !== null && <span>{plainLine(branch)}</span>}
          {model !== null && <span>{plainLine(model)}</span>}
          {count !== undefined && <span>{counted(count, "message")}</span>}
          {session !== undefined && (
            <span title="What the text comes to, by estimate; what the agent took, the command's stats tells">
              about {short(session.tokenCount)} tokens of text
            </span>
          )}
          {details !== undefined && details.children.length > 0 && (
            <span>{counted(details.children.length, "sub-agent")}</span>
          )}
          {session?.tags.map((tag) => (
            <span key={tag} class="tag">
              #{plainLine(tag)}
            </span>
          ))}
        </p>
      </div>
      {!isThere ? null : isWide ? (
        tools
      ) : (
        <details class="session-menu">
          <summary aria-label="Copy and export">⋯</summary>
          {tools}
        </details>
      )}
    </header>
  );
}

/** Where the clipboard is not given, the text is shown to be copied by hand. */
function copy(text: string, done: string): void {
  const shown = (): void => tell({ text });
  if (navigator.clipboard === undefined) shown();
  else navigator.clipboard.writeText(text).then(() => tell({ text: done }), shown);
}
