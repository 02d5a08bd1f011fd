import type { SessionSummary } from "../../index.ts";
import { labelOf } from "../../session/summary/summary.ts";
import { cutAround, withMarks } from "../output/marked-text.ts";
import { marksOf, projectOf } from "../output/session-table.ts";
import { cutStartToWidth, cutToWidth, linesWithin, oneLine, textWidth } from "../output/text-width.ts";
import { age, counted, fullTime, grouped } from "../output/units.ts";
import { layoutOf, selectedIndex } from "./happenings.ts";
import { LIST_KEYS } from "./keys.ts";
import { withWords } from "./reader-find.ts";
import { linesOf, pageOf, READER_KEYS, type ReaderState } from "./reader-state.ts";
import { rowsOf, type Row } from "./rows.ts";
import { readerIn, type PickerState } from "./state.ts";

/** How a piece of a line looks. */
export type Paint = (look: "bold" | "dim" | "inverse" | "found" | "id", text: string) => string;

/** The screen, line by line; none is wider than it, and there are just as many. */
export function frameOf(state: PickerState, paint: Paint): string[] {
  const { mode, size } = state;
  const reader = readerIn(mode);
  const lines =
    mode.kind === "help"
      ? keysFrame(LIST_KEYS, state, paint)
      : reader !== undefined
        ? readerFrame(reader, state, paint)
        : listFrame(state, paint);
  while (lines.length < size.rows) lines.splice(Math.max(lines.length - 1, 0), 0, "");
  const said = saidIn(state);
  if (said.length > 1) lines.splice(-said.length, said.length, ...said);
  return lines.slice(0, size.rows);
}

/** A sentence that has no room at the bottom takes the lines above: why something was not done is to be read whole. */
function saidIn({ mode, message, size: { columns, rows } }: PickerState): string[] {
  const isSaid =
    mode.kind === "list" ||
    (mode.kind === "reader" && !mode.reader.isHelp && mode.reader.typing === undefined);
  const lines = isSaid ? linesWithin(oneLine(message), columns) : [];
  const most = Math.max(Math.floor(rows / 2), 1);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), cutToWidth(lines.slice(most - 1).join(" "), columns)];
}

function listFrame(state: PickerState, paint: Paint): string[] {
  const { size, query, scope, here, activity, marked } = state;
  const { columns } = size;
  const rows = rowsOf(state);
  const layout = layoutOf(size);
  const place = here.size === 0 ? "" : scope === "here" ? "this project" : "everywhere";
  const facts = [
    grouped(rows.length),
    ...(place === "" ? [] : [place]),
    ...(marked.size > 0 ? [`${grouped(marked.size)} marked`] : []),
    ...(activity === "" ? [] : [`${activity} …`]),
  ];
  const about = cutToWidth(facts.join(" · "), Math.max(columns - 4, 0));
  const room = Math.max(columns - textWidth(about) - 5, 0);
  const typed =
    query === "" ? paint("dim", cutToWidth("type to filter", room)) : cutStartToWidth(oneLine(query), room);
  const used = query === "" ? Math.min(14, room) : textWidth(typed);
  const head = `> ${typed}${" ".repeat(Math.max(columns - 2 - used - textWidth(about), 1))}${paint("dim", about)}`;
  const shown = rows.slice(state.top, state.top + layout.list);
  const selected = rows[selectedIndex(state)];
  const list = shown.map((row) => rowLine(row, state, row === selected, paint));
  if (rows.length === 0) list.push(paint("dim", cutToWidth(emptyText(state), columns)));
  while (list.length < layout.list) list.push("");
  return [
    head,
    paint("dim", "─".repeat(columns)),
    ...list,
    ...previewLines(selected, state, layout.preview, paint),
    bottomLine(state, paint),
  ];
}

function emptyText({ query, activity }: PickerState): string {
  if (activity !== "") return "";
  return query === "" ? "No session here yet: astrid-sessions sync brings some in." : "Nothing was found.";
}

/** Below this width only the age and the title are shown. */
const NARROW = 60;
/** From this width on the branch is shown too. */
const WIDE = 100;

function rowLine(
  { session, depth, below, hit }: Row,
  state: PickerState,
  isSelected: boolean,
  paint: Paint,
): string {
  const { columns } = state.size;
  const mark = state.marked.has(session.id) ? "●" : isSelected ? "›" : " ";
  const isOpen = state.open.has(session.id);
  const fold = "  ".repeat(depth) + (below === 0 ? "" : isOpen ? "▾ " : "▸ ");
  const facts = factsInRow(session, state);
  const lead = `${mark} ${age(session.updatedAt, state.now).padStart(4)}  ${facts}`;
  const found = hit === undefined || columns < NARROW ? "" : " · text";
  const marks = marksOf(session, depth > 0, state.turns.get(session.id));
  const title = fold + marks + oneLine(labelOf(session));
  const line = lead + cutToWidth(title, columns - textWidth(lead) - found.length) + found;
  if (isSelected) return paint("inverse", line + " ".repeat(Math.max(columns - textWidth(line), 0)));
  return paint("dim", lead) + line.slice(lead.length, line.length - found.length) + paint("dim", found);
}

/** Agent, project and, where there is room, branch, as `list` has them. */
function factsInRow(session: SessionSummary, { size: { columns }, sessions }: PickerState): string {
  if (columns < NARROW) return "";
  const isWide = columns >= WIDE;
  const hasBranches = isWide && sessions.some(({ branch }) => branch !== null);
  const agent = cutToWidth(oneLine(session.source), 11).padEnd(11);
  const branch = hasBranches ? `${fixed(oneLine(session.branch ?? ""), 14)}  ` : "";
  return `${agent}  ${fixed(projectOf(session), isWide ? 18 : 12)}  ${branch}`;
}

function fixed(text: string, width: number): string {
  const cut = cutToWidth(text, width);
  return cut + " ".repeat(Math.max(width - textWidth(cut), 0));
}

/** What is to be known of the selected session: what was found in it, its place, how it ends. */
function previewLines(row: Row | undefined, state: PickerState, count: number, paint: Paint): string[] {
  if (count === 0) return [];
  const { columns } = state.size;
  const lines = [paint("dim", "─".repeat(columns))];
  if (row !== undefined) {
    const { session, hit } = row;
    lines.push(paint("bold", cutToWidth(oneLine(labelOf(session)), columns)));
    lines.push(paint("dim", cutToWidth(factsOf(session, state.now), columns)));
    if (session.workspacePath !== null)
      lines.push(paint("dim", cutStartToWidth(oneLine(session.workspacePath), columns)));
    if (hit !== undefined) {
      const where = hit.position === undefined ? "" : `#${hit.position} `;
      const cut = cutAround({ text: hit.snippet, marks: hit.marks }, columns - where.length);
      lines.push(where + withMarks(cut, (text) => paint("found", text)));
    }
    if (session.lastMessagePreview !== null)
      lines.push(cutToWidth(`… ${oneLine(session.lastMessagePreview)}`, columns));
  }
  while (lines.length < count) lines.push("");
  return lines.slice(0, count);
}

function factsOf(session: SessionSummary, now: Date): string {
  const { id, source, model, messageCount, updatedAt, tags, branch } = session;
  return [
    id.slice(0, 8),
    oneLine(source),
    ...(branch === null ? [] : [oneLine(branch)]),
    ...(model === null ? [] : [oneLine(model)]),
    counted(messageCount, "message"),
    fullTime(updatedAt, now),
    ...tags.map((tag) => `#${oneLine(tag)}`),
  ].join(" · ");
}

function bottomLine({ mode, message, size, choice }: PickerState, paint: Paint): string {
  const { columns } = size;
  if (mode.kind === "export") return exportLine(columns, paint);
  if (mode.kind === "choose")
    return paint("bold", cutToWidth("Enter shall: r resume · o read it (^G asks again)", columns));
  if (mode.kind === "rename") return cutStartToWidth(`Title: ${oneLine(mode.text)}█`, columns);
  if (message !== "") return cutToWidth(oneLine(message), columns);
  const enter = choice === "read" ? "Enter read" : "Enter resume";
  return paint("dim", keysWithin([enter, "^O read", "Tab where", "? keys", "Esc quit"], columns));
}

/** In a narrow window the first keys give way: the help, and the way out, stay. */
function keysWithin(keys: readonly string[], columns: number): string {
  // The last of those that may give way goes first.
  for (let kept = keys.length; ; kept--) {
    const line = [...keys.slice(0, Math.max(kept - STAYING, 0)), ...keys.slice(-STAYING)].join(" · ");
    if (textWidth(line) <= columns || kept <= STAYING) return cutToWidth(line, columns);
  }
}

const STAYING = 2;

function exportLine(columns: number, paint: Paint): string {
  return paint("bold", cutToWidth("Export as: m Markdown · h HTML · j JSON lines · Esc not", columns));
}

function keysFrame(keys: typeof LIST_KEYS, { size }: PickerState, paint: Paint): string[] {
  const width = size.columns < NARROW ? 11 : 24;
  const room = Math.max(size.columns - width - 1, 1);
  const lines = keys.flatMap(([key, meaning]) => {
    const means = linesWithin(meaning, room);
    // A name that is wider than its column has a line to itself.
    const isWide = textWidth(key) > width;
    const rest = (isWide ? means : means.slice(1)).map((line) => `${" ".repeat(width)} ${line}`);
    const first = isWide ? cutToWidth(key, size.columns) : `${key.padEnd(width)} ${means[0] ?? ""}`;
    return [cutToWidth(first, size.columns), ...rest.map((line) => cutToWidth(line, size.columns))];
  });
  return [...lines.slice(0, size.rows - 1), paint("dim", cutToWidth("any key goes back", size.columns))];
}

function readerFrame(reader: ReaderState, state: PickerState, paint: Paint): string[] {
  const { size } = state;
  const { columns } = size;
  if (reader.isHelp) return keysFrame(READER_KEYS, state, paint);
  const lines = linesOf(reader, columns);
  const page = pageOf(size);
  const here = lines[reader.top]?.position ?? 0;
  const place = ` #${here} of ${grouped(reader.count)}`;
  const title = cutToWidth(oneLine(labelOf(reader.summary)), Math.max(columns - place.length, 0));
  const gap = " ".repeat(Math.max(columns - textWidth(title) - place.length, 0));
  const shown = lines
    .slice(reader.top, reader.top + page)
    .map(({ text }) => withWords(text, reader.sought, reader.colour));
  while (shown.length < page) shown.push("");
  return [paint("bold", title) + gap + paint("dim", place), ...shown, readerBottom(reader, state, paint)];
}

function readerBottom(reader: ReaderState, { mode, size, message }: PickerState, paint: Paint): string {
  const { columns } = size;
  if (mode.kind === "export") return exportLine(columns, paint);
  if (reader.typing !== undefined) return cutStartToWidth(`/${oneLine(reader.typing)}█`, columns);
  if (message !== "") return cutToWidth(oneLine(message), columns);
  const keys = ["J K prompts", `t tools ${reader.tools}`, "/ find", "? keys", "q back"];
  return paint("dim", keysWithin(keys, columns));
}
