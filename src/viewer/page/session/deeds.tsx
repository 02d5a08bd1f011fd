import type { SessionRow } from "../../shapes.ts";
import { useCommands } from "../commands.ts";
import { plainLine } from "../format.ts";
import { useKeys } from "../keys.ts";
import { archive, pin, trash } from "./actions.ts";
import type { Field } from "./edit.tsx";

/** The keys of what is done to a session, or to several. */
export const DEED_KEYS = { rename: "r", tag: "t", pin: "p", archive: "a", trash: "Delete" } as const;

interface Props {
  readonly row: SessionRow;
  readonly onEdit: (field: Field) => void;
  readonly refresh: () => void;
  /** It goes from where it is shown. */
  readonly onLeave?: () => void;
}

/** While it is there, keys and the palette do something to one session: the one that is selected, or read. */
export function Deeds({ row, onEdit, refresh, onLeave }: Props): null {
  const leave = (deed: typeof trash) => () => {
    onLeave?.();
    deed(row, refresh);
  };
  useDeeds(plainLine(row.label), [
    ["Rename", DEED_KEYS.rename, () => onEdit("title")],
    ["Tag", DEED_KEYS.tag, () => onEdit("tags")],
    [row.pinned ? "Unpin" : "Pin", DEED_KEYS.pin, () => pin(row, refresh)],
    [row.archived ? "Unarchive" : "Archive", DEED_KEYS.archive, leave(archive)],
    ["Trash", DEED_KEYS.trash, leave(trash)],
  ]);
  return null;
}

type Deed = readonly [name: string, key: string, run: () => void];

/** Offers what can be done to `what` by keys and in the palette. */
export function useDeeds(what: string, deeds: readonly Deed[]): void {
  useKeys(Object.fromEntries(deeds.map(([, key, run]) => [key, run])));
  useCommands(deeds.map(([name, keys, run]) => ({ name: `${name}: ${what}`, keys, run })));
}
