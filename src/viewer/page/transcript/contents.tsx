import type { VNode } from "preact";
import type { Outline } from "../../shapes.ts";
import { clockTime, exactly, plainLine } from "../format.ts";

interface Props {
  readonly outline: Outline | undefined;
  readonly current: number;
  readonly onChoose: (position: number) => void;
}

/** What a person asked, in the session's order. */
export function Contents({ outline, current, onChoose }: Props): VNode {
  const entries =
    outline === undefined
      ? []
      : [
          ...outline.prompts,
          ...outline.compactions.map((position) => ({ position, at: null, text: "— summarised here —" })),
        ].sort((a, b) => a.position - b.position);
  const here = entries.findLast(({ position }) => position <= current)?.position;
  return (
    <nav class="contents" aria-label="Prompts">
      <h2>Prompts</h2>
      {outline === undefined && <p>Reading …</p>}
      {outline !== undefined && entries.length === 0 && <p>Nobody asked anything.</p>}
      <ol>
        {entries.map(({ position, at, text }) => (
          <li key={position}>
            <button
              type="button"
              class={position === here ? "here" : ""}
              aria-current={position === here ? "true" : undefined}
              onClick={() => onChoose(position)}
            >
              <span dir="auto">{plainLine(text)}</span>
              {at !== null && (
                <time dateTime={at} title={exactly(at)}>
                  {clockTime(at)}
                </time>
              )}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
