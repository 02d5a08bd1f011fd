import { useLayoutEffect, useRef } from "preact/hooks";

/** Something that can be done where one is. */
export interface Command {
  readonly name: string;
  /** The keys that do it without the palette. */
  readonly keys?: string;
  readonly run: () => void;
}

/** What the pages that are shown offer, each as it is at the moment. */
const offered = new Set<{ readonly current: readonly Command[] }>();

/** Offers commands in the palette for as long as the component is shown. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  useLayoutEffect(() => {
    offered.add(latest);
    return () => {
      offered.delete(latest);
    };
  }, []);
}

export function offeredCommands(): Command[] {
  return [...offered].flatMap(({ current }) => current);
}
