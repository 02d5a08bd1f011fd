import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SessionRow } from "../../shapes.ts";
import { hrefOf, go, isPlainClick } from "../address.ts";
import { ago, bytes, counted, exactly, lastOf, plainLine } from "../format.ts";
import { archive, pin, trash } from "../session/actions.ts";
import { Deeds } from "../session/deeds.tsx";
import { Edit, type Field } from "../session/edit.tsx";

interface Props {
  readonly row: SessionRow;
  readonly isSelected: boolean;
  /** Keys do something to this session alone. */
  readonly hasKeys: boolean;
  readonly readOnly: boolean;
  /** How deep it stands below the session that it belongs to. */
  readonly depth: number;
  readonly isOpen: boolean;
  /** Among those that something is to be done with. */
  readonly isChosen: boolean;
  /** Something came to it since it was looked at. */
  readonly isUnread: boolean;
  /** The model has said something, and waits for an answer. */
  readonly isWaiting: boolean;
  /** With `true` all from the one that was chosen before. */
  readonly onChoose: (isRange: boolean) => void;
  readonly onToggle: () => void;
  readonly onSelect: () => void;
  /** A key is about to take it out of the list. */
  readonly onLeave: () => void;
  readonly refresh: () => void;
}

/** A session in the list. */
export function SessionItem(props: Props): VNode {
  const { row, isSelected, depth, isOpen, isChosen, readOnly, onToggle, onSelect, refresh } = props;
  const [editing, setEditing] = useState<Field | undefined>();
  const title = useRef<HTMLAnchorElement>(null);
  const wasEditing = useRef(false);
  // Who has edited goes on from the row.
  useLayoutEffect(() => {
    if (wasEditing.current && editing === undefined) title.current?.focus();
    wasEditing.current = editing !== undefined;
  }, [editing]);
  const label = plainLine(row.label);
  const open = (event: MouseEvent): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    onSelect();
    go(new URLSearchParams({ session: row.id }));
  };
  return (
    <div
      class={`session depth-${Math.min(depth, 3)}${isSelected ? " selected" : ""}${isChosen ? " chosen" : ""}`}
      onFocusIn={onSelect}
    >
      {props.hasKeys && <Deeds row={row} onEdit={setEditing} refresh={refresh} onLeave={props.onLeave} />}
      {!readOnly && (
        <input
          type="checkbox"
          class="choose"
          checked={isChosen}
          aria-label={`Select: ${label}`}
          onClick={({ shiftKey }) => props.onChoose(shiftKey)}
        />
      )}
      {row.children > 0 ? (
        <button
          type="button"
          class="twist"
          aria-expanded={isOpen}
          aria-label={`${counted(row.children, "sub-agent or fork")} of ${label}`}
          onClick={onToggle}
        >
          {isOpen ? "▾" : "▸"}
        </button>
      ) : (
        <span class="twist" aria-hidden="true" />
      )}
      <div class="session-text">
        {editing === undefined ? (
          <a ref={title} class="session-title" href={hrefOf({ session: row.id })} onClick={open} dir="auto">
            {depth > 0 && <span class="kind">{row.parentId === null ? "fork" : "sub-agent"}</span>}
            {label}
          </a>
        ) : (
          <Edit row={row} field={editing} refresh={refresh} onDone={() => setEditing(undefined)} />
        )}
        <div class="session-about">
          {props.isUnread && <span class="mark unread">● new</span>}
          {props.isWaiting && <span class="mark waits">waiting for you</span>}
          {row.pinned && <span class="mark pinned">★ pinned</span>}
          {row.held !== null && (
            <span class="mark held" title={`since ${exactly(row.held.since)}`}>
              held by {plainLine(row.held.by)}
            </span>
          )}
          {row.archived && <span class="mark">archived</span>}
          {row.forkedFrom !== null && depth === 0 && <span class="mark">fork</span>}
          <span class="source">{plainLine(row.source)}</span>
          {row.project !== null && <span title={row.project}>{plainLine(lastOf(row.project))}</span>}
          {row.branch !== null && (
            <span title="branch">
              <BranchSign /> {plainLine(row.branch)}
            </span>
          )}
          {row.model !== null && <span class="model">{plainLine(row.model)}</span>}
          {row.prompts !== null && <span>{counted(row.prompts, "prompt")}</span>}
          <span>{counted(row.messageCount, "message")}</span>
          <span class="size">{bytes(row.bytes)}</span>
          {row.tags.map((tag) => (
            <span key={tag} class="tag">
              #{plainLine(tag)}
            </span>
          ))}
        </div>
        {row.preview !== null && (
          <div class="session-preview" dir="auto">
            {plainLine(row.preview)}
          </div>
        )}
      </div>
      <time class="session-time" dateTime={row.updatedAt} title={exactly(row.updatedAt)}>
        {ago(row.updatedAt)}
      </time>
      {!readOnly && (
        <div class="session-actions">
          <Action label={row.pinned ? "Unpin" : "Pin"} of={label} onClick={() => pin(row, refresh)} />
          <Action label="Rename" of={label} onClick={() => setEditing("title")} />
          <Action label="Tag" of={label} onClick={() => setEditing("tags")} />
          <Action
            label={row.archived ? "Unarchive" : "Archive"}
            of={label}
            onClick={() => archive(row, refresh)}
          />
          <Action label="Trash" of={label} onClick={() => trash(row, refresh)} />
        </div>
      )}
    </div>
  );
}

/** Drawn: not every font has the sign. */
function BranchSign(): VNode {
  return (
    <svg class="sign" viewBox="0 0 12 12" aria-hidden="true">
      <path d="M3 4v7M3 8c0-2 6-1 6-4" />
      <circle cx="3" cy="2.5" r="1.5" />
      <circle cx="9" cy="2.5" r="1.5" />
    </svg>
  );
}

function Action({ label, of, onClick }: { label: string; of: string; onClick: () => void }): VNode {
  return (
    <button type="button" class="quiet" aria-label={`${label}: ${of}`} onClick={onClick}>
      {label}
    </button>
  );
}
