import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SessionList } from "../shapes.ts";
import { go } from "./address.ts";
import { offeredCommands, type Command } from "./commands.ts";
import { plainLine } from "./format.ts";
import { ask, isAbort } from "./server.ts";
import { tellError } from "./notice.tsx";

const SESSIONS = 8;

/** Whatever can be done here, and sessions to go to, by a few letters. */
export function Palette({ onClose }: { onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const sessions = useSessions(text);
  const commands = useMemo(offeredCommands, []);
  const words = text.toLowerCase().split(/\s+/);
  const named = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  // What begins with the letters is meant rather than what has them somewhere.
  const [first = ""] = words;
  const begins = Map.groupBy(named, ({ name }) => name.toLowerCase().startsWith(first));
  const matching = [...(begins.get(true) ?? []), ...(begins.get(false) ?? []), ...sessions];
  const chosen = Math.min(at, matching.length - 1);
  // Before the next key comes.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    dialog.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    dialog.current?.close();
    command.run();
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Commands" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="A command, or a session"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen < 0 ? undefined : `palette-${chosen}`}
        placeholder="A command, or a session"
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step !== 0) setAt((chosen + step + matching.length) % Math.max(matching.length, 1));
          else if (event.key === "Enter") run(matching[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="What can be done">
        {matching.map((command, index) => (
          <li
            key={`${index} ${command.name}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => run(command)}
          >
            <span dir="auto">{command.name}</span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </li>
        ))}
      </ul>
      {matching.length === 0 && <p class="palette-nothing">Nothing is called that.</p>}
    </dialog>
  );
}

/** Sessions whose titles have the text. */
function useSessions(text: string): Command[] {
  const [list, setList] = useState<SessionList | undefined>();
  const query = text.trim();
  useEffect(() => {
    if (query === "") {
      setList(undefined);
      return undefined;
    }
    const asking = new AbortController();
    ask<SessionList>(`sessions?limit=${SESSIONS}&q=${encodeURIComponent(query)}`, asking.signal).then(
      setList,
      (error: unknown) => {
        if (!isAbort(error)) tellError(error);
      },
    );
    return () => asking.abort();
  }, [query]);
  return (list?.sessions ?? []).map(({ id, label }) => ({
    name: plainLine(label),
    run: () => go(new URLSearchParams({ session: id })),
  }));
}
