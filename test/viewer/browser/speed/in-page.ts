import type { Page } from "playwright-core";

/** What is done in a page, and what shows that it is done. */
export interface Step {
  /** An element that is clicked. */
  readonly click?: string;
  /** A key that is pressed. */
  readonly press?: string;
  /** A field, and what it is filled with. */
  readonly fill?: readonly [selector: string, text: string];
  /** Scrolled to this part of its height, from 0 to 1. */
  readonly scroll?: readonly [selector: string, part: number];
  /** There when it is done, with this text in it. */
  readonly until: readonly [selector: string, text: string];
}

/** Milliseconds from an action to the frame that shows what it leads to, by the page's own clock. */
export async function timed(page: Page, step: Step): Promise<number> {
  return await page.evaluate(async ({ click, press, fill, scroll, until: [selector, text] }) => {
    const one = (wanted: string): HTMLElement => {
      const found = document.querySelector<HTMLElement>(wanted);
      if (found === null) throw new Error(`There is no ${wanted}.`);
      return found;
    };
    const isThere = (): boolean =>
      [...document.querySelectorAll<HTMLElement>(selector)].some(
        (element) =>
          element.textContent.includes(text) &&
          element.getBoundingClientRect().top < innerHeight &&
          element.getBoundingClientRect().bottom > 0,
      );
    const begun = performance.now();
    if (click !== undefined) one(click).click();
    if (press !== undefined)
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: press, bubbles: true }));
    if (fill !== undefined) {
      const field = one(fill[0]) as HTMLInputElement;
      field.value = fill[1];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (scroll !== undefined) {
      const scroller = one(scroll[0]);
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * scroll[1];
    }
    do await new Promise(requestAnimationFrame);
    while (!isThere() && performance.now() - begun < 60_000);
    if (!isThere()) throw new Error(`${selector} never said ${text}.`);
    return performance.now() - begun;
  }, step);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
