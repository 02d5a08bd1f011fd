import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { go, hrefOf, withParts, type Address } from "../address.ts";
import { useCommands } from "../commands.ts";
import { plainLine } from "../format.ts";
import { useKeys } from "../keys.ts";
import { noteSeen } from "../seen.ts";
import { State } from "../states.tsx";
import { noteOpened, toList } from "../way-back.ts";
import { Compare } from "./compare.tsx";
import { Contents } from "./contents.tsx";
import { History } from "./history.tsx";
import { Messages, type Mover } from "./messages.tsx";
import { promptsAndAnswers } from "./outline.ts";
import { SessionHead } from "./session-head.tsx";
import { Tools, type Panel } from "./tools.tsx";
import { useFind } from "./use-find.ts";
import { useSession } from "./use-session.ts";

interface Props {
  readonly id: string;
  readonly revision: string | null;
  readonly address: Address;
  readonly onHelp: () => void;
}

/** Room for the contents beside the messages. */
const WIDE = "(min-width: 1100px)";

/** One session, from its end. */
export function TranscriptPage({ id, revision, address, onHelp }: Props): VNode {
  const given = address.get("at");
  const at = given !== null && /^\d+$/.test(given) ? Number(given) : undefined;
  const compare = address.get("compare");
  const { details, count, outline, cache, error, isRemoved, refresh } = useSession(id, revision, at);
  const [panel, setPanel] = useState<Panel>(
    compare !== null ? "history" : matchMedia(WIDE).matches ? "contents" : undefined,
  );
  const [current, setDrawnCurrent] = useState(at ?? 0);
  // A key may come before what the one before it has done is drawn.
  const now = useRef(current);
  const setCurrent = (position: number): void => {
    now.current = position;
    setDrawnCurrent(position);
  };
  const finder = useRef<HTMLInputElement>(null);
  const mover = useRef<Mover | undefined>(undefined);

  const isFocused = address.get("focused") === "1";
  const text = address.get("find") ?? "";
  const found = useFind(id, revision, text, count ?? 0);
  const [foundAt, setFoundAt] = useState(-1);
  const positions = useMemo(
    () => (isFocused && outline !== undefined ? promptsAndAnswers(outline) : undefined),
    [isFocused, outline],
  );
  useEffect(() => noteOpened(id), [id]);
  useEffect(() => {
    document.title = details === undefined ? "Session" : plainLine(details.session.label);
  }, [details]);

  const changedLast = details?.session.updatedAt;
  useEffect(() => {
    const note = (): void => {
      if (changedLast !== undefined && document.visibilityState === "visible") noteSeen(id, changedLast);
    };
    note();
    document.addEventListener("visibilitychange", note);
    return () => {
      document.removeEventListener("visibilitychange", note);
    };
  }, [id, changedLast]);

  const set = (parts: Readonly<Record<string, string | null>>): void =>
    go(withParts(address, parts), "replace");
  const move = (position: number): void => {
    // What is left out of prompts and answers is shown with everything else.
    if (positions !== undefined && !positions.includes(position)) {
      set({ focused: null, at: String(position) });
      return;
    }
    mover.current?.(position);
    setCurrent(position);
    set({ at: String(position) });
  };
  const toPrompt = (step: 1 | -1): void => {
    const prompts = outline?.prompts ?? [];
    const next =
      step === 1
        ? prompts.find(({ position }) => position > now.current)
        : prompts.findLast(({ position }) => position < now.current);
    if (next !== undefined) move(next.position);
  };
  const toFind = (step: 1 | -1): void => {
    const all = found?.found ?? [];
    if (all.length === 0) return;
    const to =
      foundAt >= 0
        ? (foundAt + step + all.length) % all.length
        : step === 1
          ? Math.max(
              all.findIndex(({ position }) => position >= now.current),
              0,
            )
          : Math.max(
              all.findLastIndex(({ position }) => position <= now.current),
              0,
            );
    setFoundAt(to);
    const position = all[to]?.position;
    if (position !== undefined) move(position);
  };
  // A deep link with a find leads to it; a new text begins anew.
  useEffect(() => {
    setFoundAt(at === undefined ? -1 : (found?.found.findIndex(({ position }) => position === at) ?? -1));
  }, [found]);

  const byOne = (step: 1 | -1): void => {
    const next =
      positions === undefined
        ? now.current + step
        : step === 1
          ? positions.find((position) => position > now.current)
          : positions.findLast((position) => position < now.current);
    if (next !== undefined && next >= 0 && next < (count ?? 0)) move(next);
  };
  useKeys({
    j: () => byOne(1),
    k: () => byOne(-1),
    J: () => toPrompt(1),
    K: () => toPrompt(-1),
    g: () => move(positions?.[0] ?? 0),
    G: () => mover.current?.("end"),
    n: () => toFind(1),
    N: () => toFind(-1),
    f: () => set({ focused: isFocused ? null : "1" }),
    c: () => setPanel(panel === "contents" ? undefined : "contents"),
    "/": () => finder.current?.select(),
    find: () => finder.current?.select(),
    Escape: () => (compare === null ? toList() : go(new URLSearchParams({ session: id }))),
  });
  useCommands([
    { name: "Find in the session", keys: "/", run: () => finder.current?.select() },
    { name: "Prompts and answers only", keys: "f", run: () => set({ focused: isFocused ? null : "1" }) },
    { name: "Contents: the prompts", keys: "c", run: () => setPanel("contents") },
    { name: "History: the revisions", run: () => setPanel("history") },
    { name: "To the beginning", keys: "g", run: () => move(positions?.[0] ?? 0) },
    { name: "To the end", keys: "G", run: () => mover.current?.("end") },
    { name: "Next prompt", keys: "J", run: () => toPrompt(1) },
    { name: "Previous prompt", keys: "K", run: () => toPrompt(-1) },
    { name: "List of sessions", keys: "Esc", run: toList },
  ]);

  const isRead = error === undefined && compare === null;
  const wanted = found?.found[foundAt];
  return (
    <div class="transcript-page">
      <SessionHead
        id={id}
        revision={revision}
        details={details}
        count={count}
        isThere={error === undefined && !isRemoved}
        refresh={refresh}
      />
      {error === undefined && (
        <Tools
          isFocused={isFocused}
          onFocused={() => set({ focused: isFocused ? null : "1" })}
          panel={panel}
          onPanel={setPanel}
          onPrompt={toPrompt}
          finder={finder}
          find={text}
          onFind={(value) => set({ find: value === "" ? null : value })}
          found={found}
          foundAt={foundAt}
          onFound={toFind}
          onHelp={onHelp}
        />
      )}
      <div class="columns">
        {panel !== undefined && error === undefined && (
          <aside class="side" aria-label={panel === "contents" ? "Contents" : "History of the session"}>
            {panel === "contents" ? (
              <Contents outline={outline} current={current} onChoose={move} />
            ) : (
              <History id={id} revision={revision ?? compare} now={details?.session.revision ?? 0} />
            )}
          </aside>
        )}
        <main class="main">
          {isRemoved && (
            <p class="gone" role="alert">
              The session was removed. What was read of it stays here until you leave.{" "}
              <a href={hrefOf({})}>To the list</a>
            </p>
          )}
          {error !== undefined && (
            <State kind="error" title="The session cannot be read.">
              <p>{error.message}</p>
              <a href="./">To the list</a>
            </State>
          )}
          {isRead && count === undefined && <State kind="loading" title="Reading the session …" />}
          {isRead && count === 0 && (
            <State kind="empty" title="Nothing was said in this session yet.">
              <p>What comes is shown at once.</p>
            </State>
          )}
          {error === undefined && compare !== null && <Compare id={id} revision={compare} />}
          {isRead && count !== undefined && count > 0 && (positions?.length ?? 1) > 0 && (
            <Messages
              key={positions === undefined ? "all" : "focused"}
              session={id}
              revision={revision}
              cache={cache}
              count={count}
              positions={positions}
              start={at}
              current={current}
              onCurrent={setCurrent}
              mover={mover}
              find={text}
              found={found}
              wanted={wanted}
            />
          )}
          {isRead && positions?.length === 0 && (
            <State kind="empty" title="There are no prompts and answers in it.">
              <p>Without “Focused” everything is shown.</p>
            </State>
          )}
        </main>
      </div>
    </div>
  );
}
