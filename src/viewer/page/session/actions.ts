import type { OrganizeRequest, SessionRow } from "../../shapes.ts";
import { plainLine } from "../format.ts";
import { tell, tellError } from "../notice.tsx";
import { change } from "../server.ts";

/** Does something to a session, tells it, and offers to take it back. */
function organize(
  row: SessionRow,
  request: OrganizeRequest,
  back: OrganizeRequest,
  done: string,
  refresh: () => void,
): void {
  const undo = async (): Promise<void> => {
    await change(row.id, "organize", back);
    refresh();
  };
  change(row.id, "organize", request).then(() => {
    tell({ text: `${done}: ${plainLine(row.label)}`, undo });
    refresh();
  }, tellError);
}

export function rename(row: SessionRow, title: string, refresh: () => void): void {
  const given = title.trim() === "" ? null : title.trim();
  if (given === row.title) return;
  organize(row, { title: given }, { title: row.title }, "Renamed", refresh);
}

export function setTags(row: SessionRow, text: string, refresh: () => void): void {
  const tags = [...new Set(text.split(/[,\s]+/).filter((tag) => tag !== ""))];
  const addTags = tags.filter((tag) => !row.tags.includes(tag));
  const removeTags = row.tags.filter((tag) => !tags.includes(tag));
  if (addTags.length + removeTags.length === 0) return;
  const back = { addTags: removeTags, removeTags: addTags };
  organize(row, { addTags, removeTags }, back, "Tagged", refresh);
}

export function pin(row: SessionRow, refresh: () => void): void {
  const { pinned } = row;
  organize(row, { pinned: !pinned }, { pinned }, pinned ? "Not pinned any more" : "Pinned", refresh);
}

export function archive(row: SessionRow, refresh: () => void): void {
  const { archived } = row;
  organize(row, { archived: !archived }, { archived }, archived ? "Back in the list" : "Archived", refresh);
}

export function trash(row: SessionRow, refresh: () => void): void {
  const undo = async (): Promise<void> => {
    await change(row.id, "restore", {});
    refresh();
  };
  change(row.id, "trash", {}).then(() => {
    tell({ text: `In the trash: ${plainLine(row.label)}`, undo });
    refresh();
  }, tellError);
}
