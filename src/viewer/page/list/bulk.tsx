import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { OrganizeRequest, SessionRow } from "../../shapes.ts";
import { counted } from "../format.ts";
import { useKeys } from "../keys.ts";
import { tell, tellError } from "../notice.tsx";
import { change } from "../server.ts";
import { DEED_KEYS, useDeeds } from "../session/deeds.tsx";

type Verb = "organize" | "trash" | "restore";

/** What is done to a session, and what takes it back; `undefined` for one that is so already. */
type Deed = (row: SessionRow) => { readonly does: Step; readonly back: Step } | undefined;
type Step = readonly [verb: Verb, body: OrganizeRequest];

interface Props {
  readonly rows: readonly SessionRow[];
  readonly onAll: () => void;
  readonly onNone: () => void;
  readonly refresh: () => void;
}

/** What can be done with the sessions that are selected. */
export function Bulk({ rows, onAll, onNone, refresh }: Props): VNode {
  const [isTagging, setTagging] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const act = (done: string, deed: Deed): void => {
    // A key may come while the one before it is still at work.
    if (isBusy) return;
    setBusy(true);
    doAll(rows, done, deed, refresh)
      .then(onNone, tellError)
      .finally(() => setBusy(false));
  };
  const isPinned = rows.every(({ pinned }) => pinned);
  const isArchived = rows.every(({ archived }) => archived);
  const deeds = [
    ["Tag", DEED_KEYS.tag, () => setTagging(true)],
    [
      isPinned ? "Unpin" : "Pin",
      DEED_KEYS.pin,
      () => act(isPinned ? "Not pinned any more" : "Pinned", (row) => set(row, "pinned", !isPinned)),
    ],
    [
      isArchived ? "Unarchive" : "Archive",
      DEED_KEYS.archive,
      () => act(isArchived ? "Back in the list" : "Archived", (row) => set(row, "archived", !isArchived)),
    ],
    [
      "Trash",
      DEED_KEYS.trash,
      () => act("In the trash", () => ({ does: ["trash", {}], back: ["restore", {}] })),
    ],
  ] as const;
  useDeeds(counted(rows.length, "session"), deeds);
  useKeys({ Escape: onNone });
  return (
    <div class="bulk" role="toolbar" aria-label="Selected sessions">
      <span role="status">{counted(rows.length, "session")} selected</span>
      {isTagging ? (
        <form
          class="edit"
          onSubmit={(event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem("tags") as HTMLInputElement;
            const tags = [...new Set(field.value.split(/[,\s]+/).filter((tag) => tag !== ""))];
            setTagging(false);
            if (tags.length > 0) act("Tagged", (row) => tagged(row, tags));
          }}
        >
          <input
            name="tags"
            aria-label="Tags to add, with spaces between them"
            placeholder="Tags to add"
            ref={(field) => field?.focus()}
            onKeyDown={(event) => {
              if (event.key === "Escape") setTagging(false);
            }}
          />
          <button type="submit">Add</button>
        </form>
      ) : null}
      {deeds.slice(isTagging ? 1 : 0).map(([name, , run]) => (
        <button key={name} type="button" disabled={isBusy} onClick={run}>
          {name}
        </button>
      ))}
      <button type="button" class="quiet" onClick={onAll}>
        Select all shown
      </button>
      <button type="button" class="quiet" onClick={onNone}>
        Select none
      </button>
    </div>
  );
}

function set(row: SessionRow, name: "pinned" | "archived", value: boolean): ReturnType<Deed> {
  if (row[name] === value) return undefined;
  return { does: ["organize", { [name]: value }], back: ["organize", { [name]: row[name] }] };
}

function tagged(row: SessionRow, tags: readonly string[]): ReturnType<Deed> {
  const addTags = tags.filter((tag) => !row.tags.includes(tag));
  if (addTags.length === 0) return undefined;
  return { does: ["organize", { addTags }], back: ["organize", { removeTags: addTags }] };
}

/** Does it to one after the other, tells how many it was done to and what kept the others, and offers to take it back. */
async function doAll(
  rows: readonly SessionRow[],
  done: string,
  deed: Deed,
  refresh: () => void,
): Promise<void> {
  const back: (readonly [id: string, step: Step])[] = [];
  const failed: Error[] = [];
  for (const row of rows) {
    const one = deed(row);
    if (one === undefined) continue;
    try {
      await change(row.id, ...one.does);
      back.unshift([row.id, one.back]);
    } catch (error) {
      failed.push(error as Error);
    }
  }
  refresh();
  const undo = async (): Promise<void> => {
    for (const [id, step] of back) await change(id, ...step);
    refresh();
  };
  const [first] = failed;
  const but = first === undefined ? "" : `; ${counted(failed.length, "session")} not: ${first.message}`;
  tell({ text: `${done}: ${counted(back.length, "session")}${but}`, ...(back.length === 0 ? {} : { undo }) });
}
