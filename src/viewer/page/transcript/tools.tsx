import type { RefObject, VNode } from "preact";
import type { FindResult } from "../../shapes.ts";

export type Panel = "contents" | "history" | undefined;

interface Props {
  readonly isFocused: boolean;
  readonly onFocused: () => void;
  readonly panel: Panel;
  readonly onPanel: (panel: Panel) => void;
  readonly onPrompt: (step: 1 | -1) => void;
  readonly finder: RefObject<HTMLInputElement | null>;
  readonly find: string;
  readonly onFind: (text: string) => void;
  readonly found: FindResult | undefined;
  readonly foundAt: number;
  readonly onFound: (step: 1 | -1) => void;
  readonly onHelp: () => void;
}

/** How a session is read: what of it is shown, and the ways to other places in it. */
export function Tools(props: Props): VNode {
  const { isFocused, panel, onPanel, onPrompt, finder, find, onFind, found, foundAt, onFound } = props;
  const toggle = (one: "contents" | "history"): void => onPanel(panel === one ? undefined : one);
  return (
    <nav class="tools" aria-label="Reading">
      <button type="button" aria-pressed={isFocused} onClick={props.onFocused}>
        Focused
      </button>
      <button type="button" aria-pressed={panel === "contents"} onClick={() => toggle("contents")}>
        Contents
      </button>
      <button type="button" aria-pressed={panel === "history"} onClick={() => toggle("history")}>
        History
      </button>
      <button type="button" aria-label="Previous prompt" onClick={() => onPrompt(-1)}>
        ↑<span class="if-wide"> prompt</span>
      </button>
      <button type="button" aria-label="Next prompt" onClick={() => onPrompt(1)}>
        ↓<span class="if-wide"> prompt</span>
      </button>
      <button type="button" class="quiet keys" onClick={props.onHelp} aria-label="Keys">
        ?
      </button>
      <span class="find">
        <input
          ref={finder}
          type="search"
          placeholder="Find in the session ( / )"
          aria-label="Find in the session"
          value={find}
          onInput={({ currentTarget: { value } }) => onFind(value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onFound(event.shiftKey ? -1 : 1);
            if (event.key !== "Escape") return;
            if (find === "") event.currentTarget.blur();
            else onFind("");
            event.preventDefault();
          }}
        />
        <span class="find-count" role="status">
          {find === "" || found === undefined
            ? ""
            : found.found.length === 0
              ? "not found"
              : `${foundAt >= 0 ? foundAt + 1 : "–"} of ${found.found.length}${found.more ? "+" : ""}`}
        </span>
        <button type="button" aria-label="Previous find" onClick={() => onFound(-1)}>
          ↑
        </button>
        <button type="button" aria-label="Next find" onClick={() => onFound(1)}>
          ↓
        </button>
      </span>
    </nav>
  );
}
