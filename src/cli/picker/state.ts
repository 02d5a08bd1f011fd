import type { Turn } from "../../faces/whose-turn.ts";
import type { SearchHit, SessionSummary } from "../../index.ts";
import type { ReaderState } from "./reader-state.ts";

/** What Enter does with a session. */
export type Choice = "resume" | "read";

/** Markdown and HTML for people, JSON lines for `import`. */
export type ExportFormat = "md" | "html" | "jsonl";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the picker shows instead of the list, or asks. */
export type Mode =
  | { readonly kind: "list" }
  | { readonly kind: "help" }
  | { readonly kind: "choose" }
  | { readonly kind: "rename"; readonly id: string; readonly text: string }
  /** In which format is asked; behind the question is what was there before. */
  | { readonly kind: "export"; readonly ids: readonly string[]; readonly back: Mode }
  | { readonly kind: "reader"; readonly reader: ReaderState };

/** Finds of the full text, and what was looked for. */
export interface Finds {
  readonly query: string;
  readonly hits: readonly SearchHit[];
}

/** All that the picker knows. Keys and what happens make a new one of it; a frame is drawn of it. */
export interface PickerState {
  readonly size: Size;
  readonly now: Date;
  /** Last changed first. */
  readonly sessions: readonly SessionSummary[];
  /** The sessions of the project that it was begun in; none where it has none, or is in none. */
  readonly here: ReadonlySet<string>;
  readonly scope: "here" | "everywhere";
  readonly query: string;
  readonly finds: Finds;
  readonly selected: string | undefined;
  /** The row that is drawn first. */
  readonly top: number;
  readonly marked: ReadonlySet<string>;
  /** Whose turn it is in those that changed lately. */
  readonly turns: ReadonlyMap<string, Turn>;
  /** Sessions whose sub-agents and forks are shown. */
  readonly open: ReadonlySet<string>;
  readonly mode: Mode;
  readonly choice: Choice | undefined;
  /** What is said of what was done last. */
  readonly message: string;
  /** What is being done: reading the store, indexing. */
  readonly activity: string;
}

/** What a key asks for beyond a new state. */
export type Effect =
  | { readonly do: "quit" }
  | { readonly do: "search"; readonly query: string }
  | { readonly do: "remember"; readonly choice: Choice }
  | { readonly do: "read"; readonly id: string; readonly position: number | undefined }
  | { readonly do: "load"; readonly from: "start" | "end" | number }
  /** The words in a message behind this one, or in front of it. */
  | { readonly do: "find"; readonly words: readonly string[]; readonly from: number; readonly step: 1 | -1 }
  | { readonly do: "rename"; readonly id: string; readonly title: string }
  | { readonly do: "resume"; readonly id: string }
  | { readonly do: "undo" }
  | { readonly do: "copy"; readonly text: string }
  | { readonly do: "export"; readonly ids: readonly string[]; readonly format: ExportFormat }
  | { readonly do: "fork" | "pin" | "trash"; readonly ids: readonly string[] };

/** The conversation that is on the screen, also while something is asked in front of it. */
export function readerIn(mode: Mode): ReaderState | undefined {
  if (mode.kind === "reader") return mode.reader;
  return mode.kind === "export" ? readerIn(mode.back) : undefined;
}

export function initialState(size: Size, now: Date): PickerState {
  return {
    size,
    now,
    ...{ sessions: [], here: new Set<string>(), scope: "everywhere", query: "", selected: undefined, top: 0 },
    finds: { query: "", hits: [] },
    turns: new Map<string, Turn>(),
    ...{ marked: new Set<string>(), open: new Set<string>(), mode: { kind: "list" }, choice: undefined },
    ...{ message: "", activity: "reading" },
  };
}
