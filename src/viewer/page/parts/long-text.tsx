import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { CutText } from "../../shapes.ts";
import { bytes, calm } from "../format.ts";
import { tellError } from "../notice.tsx";
import { ask } from "../server.ts";

/** Where the rest of a part is read. */
export interface PartPlace {
  readonly session: string;
  readonly revision: string | null;
  readonly position: number;
  readonly part: number;
}

/** So much of a text is drawn until somebody asks for more. */
const FIRST = 20_000;
const MORE = 100_000;

/** A text that may be long: its beginning, and the rest piece by piece. */
export function useLongText(
  { text, total }: CutText,
  place: PartPlace,
): { readonly shown: string; readonly more: VNode | null } {
  const [whole, setWhole] = useState(text);
  const [length, setLength] = useState(FIRST);
  const shown = whole.length > length ? whole.slice(0, boundary(whole, length)) : whole;
  const left = total - shown.length;
  const showMore = async (): Promise<void> => {
    const wanted = length + MORE;
    if (whole.length < Math.min(wanted, total)) {
      const { session, revision, position, part } = place;
      const at = revision === null ? "" : `&revision=${revision}`;
      const piece = await ask<CutText>(
        `sessions/${session}/part?position=${position}&part=${part}&from=${whole.length}${at}`,
      );
      setWhole(whole + piece.text);
    }
    setLength(wanted);
  };
  const more =
    left <= 0 ? null : (
      <p class="more">
        <button type="button" onClick={() => void showMore().catch(tellError)}>
          Show more
        </button>{" "}
        {bytes(left)} are not shown
      </p>
    );
  return { shown: calm(shown), more };
}

function boundary(text: string, at: number): number {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at;
}
