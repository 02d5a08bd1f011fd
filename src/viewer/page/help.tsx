import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["j, k", "the next, the previous session, find or message"],
  ["Enter", "open the session; from the search into the list"],
  ["/", "search the list; find in the session"],
  ["J, K", "the next, the previous prompt"],
  ["g, G", "the beginning, the end"],
  ["n, N", "the next, the previous find"],
  ["f", "prompts and answers only"],
  ["c", "the contents: the prompts of the session"],
  ["r, t, p", "rename, tag, pin the session"],
  ["a, Delete", "archive it, put it into the trash"],
  ["Ctrl z", "take back what was done last"],
  ["x", "select the session, to do something with several"],
  ["o", "the overview: days, tokens, projects"],
  [":, Ctrl k", "whatever can be done, by its name"],
  ["Esc", "close, clear the search, or back to the list"],
  ["?", "these keys"],
];

export function Help({ onClose }: { onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
