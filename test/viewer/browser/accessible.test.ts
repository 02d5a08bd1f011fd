import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let store: SessionStore;
beforeEach(() => {
  store = new SessionStore("memory:");
});
afterEach(() => store.close());

/** What axe finds wrong, as `rule: element`. */
async function violations(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy lets no script in.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<AxeResults> } };
    return await axe.run();
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

const talk = [
  Message.user(
    "How *far* is [the moon](https://example.org)?\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |",
  ),
  Message.from({
    role: "assistant",
    at: "2026-01-05T09:00:00Z",
    model: "example",
    usage: { input: 1000, output: 10 },
    content: [
      { type: "thinking", thinking: "Hm" },
      {
        type: "tool_use",
        id: "1",
        name: "Edit",
        input: { file_path: "a.ts", old_string: "a", new_string: "b" },
      },
    ],
  }),
  Message.toolResult({ callId: "1", content: "failed", isError: true }),
  Message.assistant("Far."),
];

describeInBrowser("for everybody", (open) => {
  test.each([
    ["light", 1300],
    ["dark", 1300],
    ["light", 360],
    ["dark", 360],
    ["light", 2560],
  ] as const)("axe finds nothing wrong with any view, %s, at %i pixels", async (colorScheme, width) => {
    const id = await saved(store, talk, { title: "Moon", tags: ["sky"], source: "codex", model: "example" });
    await saved(store, talk, { title: "Below", parentId: id });
    await store.organize(id, { pinned: true });
    await using lease = await store.lease(id, { by: "agent" });
    await using opened = await open(store, {
      colorScheme,
      viewport: { width, height: 800 },
      reducedMotion: "reduce",
    });
    const { page, goTo } = opened;
    const views: readonly (readonly [name: string, parts: Record<string, string>, until: string])[] = [
      ["list", {}, ".session"],
      ["search", { q: "moon" }, ".hit"],
      ["nothing", { q: "zzzz" }, ".state.empty"],
      ["transcript", { session: id, find: "moon" }, ".find-count:not(:empty)"],
      ["focused", { session: id, focused: "1" }, "[data-position='3']"],
      ["overview", { view: "overview" }, ".timeline"],
      ["compare", { session: id, compare: "2" }, ".compare-head"],
      ["error", { session: "1a2b3c4d-0000-4000-8000-000000000000" }, ".state.error"],
    ];
    expect(lease.by).toBe("agent");
    for (const [name, parts, until] of views) {
      await goTo(parts);
      await page.locator(until).first().waitFor();
      await page
        .locator(".fold-head[aria-expanded=false]")
        .evaluateAll((folds) => folds.forEach((fold) => (fold as HTMLElement).click()));
      expect([name, await violations(page)]).toEqual([name, []]);
      // Nothing is wider than the window, and nothing covers a control.
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
    await goTo({});
    await page.getByLabel("Select: Moon").click();
    await page.getByRole("toolbar").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("moon");
    await page.getByRole("option", { name: "Moon" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});
