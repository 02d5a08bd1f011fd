import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { SessionRow } from "../../shapes.ts";
import { rename, setTags } from "./actions.ts";

/** What of a session is being written anew. */
export type Field = "title" | "tags";

interface Props {
  readonly row: SessionRow;
  readonly field: Field;
  readonly refresh: () => void;
  readonly onDone: () => void;
}

/** Where a session's title, or its tags, are written; Escape leaves them as they are. */
export function Edit({ row, field, refresh, onDone }: Props): VNode {
  const input = useRef<HTMLInputElement>(null);
  // Before the next key comes.
  useLayoutEffect(() => input.current?.select(), []);
  const label = field === "title" ? "New title" : "Tags, with spaces between them";
  return (
    <form
      class="edit"
      onSubmit={(event) => {
        event.preventDefault();
        (field === "title" ? rename : setTags)(row, input.current?.value ?? "", refresh);
        onDone();
      }}
    >
      <input
        ref={input}
        aria-label={label}
        placeholder={label}
        defaultValue={field === "title" ? (row.title ?? "") : row.tags.join(" ")}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
      />
      <button type="submit">Save</button>
      <button type="button" class="quiet" onClick={onDone}>
        Cancel
      </button>
    </form>
  );
}
