import type { Outline } from "../../shapes.ts";

/** The outline with what came since, which begins at a position. */
export function extended(outline: Outline, since: Outline, from: number): Outline {
  return {
    messageCount: since.messageCount,
    prompts: [...outline.prompts.filter(({ position }) => position < from), ...since.prompts],
    said: [...outline.said.filter((position) => position < from), ...since.said],
    compactions: [...outline.compactions.filter((position) => position < from), ...since.compactions],
  };
}

/** Prompts, and of each the last thing that the model says before the next one. */
export function promptsAndAnswers({ prompts, said }: Outline): number[] {
  const positions: number[] = [];
  let at = 0;
  for (const [index, { position }] of prompts.entries()) {
    positions.push(position);
    const end = prompts[index + 1]?.position ?? Infinity;
    let answer: number | undefined;
    for (; at < said.length && (said[at] ?? Infinity) < end; at++)
      if ((said[at] ?? 0) > position) answer = said[at];
    if (answer !== undefined) positions.push(answer);
  }
  return positions;
}
