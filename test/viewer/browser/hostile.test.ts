import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

let store: SessionStore;
beforeEach(() => {
  store = new SessionStore("memory:");
});
afterEach(() => store.close());

const RUN = "window.hacked=1;alert(1)";
/** What would run, load or cover something, were it read as HTML or followed. */
const HOSTILE = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><script>${RUN}</script></svg>`,
  `<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>`,
  `<style>body{display:none}</style><link rel=stylesheet href="http://evil.example/a.css">`,
  `<div style="position:fixed;inset:0;background:red">`,
  `<base href="http://evil.example/"><meta http-equiv="refresh" content="0;url=http://evil.example/">`,
  `<form action="http://evil.example/"><button>Go</button></form>`,
  `[link](javascript:${RUN}) [link](JaVaScRiPt:${RUN}) [link](<java\nscript:${RUN}>)`,
  `[link](data:text/html,<script>${RUN}</script>) [link](vbscript:x) [link](file:///etc/passwd)`,
  `![image](http://evil.example/p.png) ![image](javascript:${RUN}) ![image](data:image/svg+xml,<svg onload=${RUN}>)`,
  `[ref]\n\n[ref]: javascript:${RUN} "title"`,
  '```"><script>window.hacked=1</script>\ncode\n```',
  "```html\n<script>window.hacked=1</script>\n```",
  `<http://evil.example/\u202egnp.exe>`,
];

describeInBrowser("hostile content", (open) => {
  test("runs nothing, loads nothing from elsewhere and covers nothing, wherever it stands", async () => {
    for (const [index, text] of HOSTILE.entries()) {
      const messages = [
        Message.user(text),
        Message.from({ role: text, content: text, model: text, at: text, subsession: text }),
        Message.assistant(text),
        Message.from({
          role: "assistant",
          content: [
            { type: "thinking", thinking: text },
            {
              type: "tool_use",
              id: text,
              name: text,
              input: { command: text, [text]: text, ["__proto__"]: text },
            },
            { type: "image", data: Buffer.from(text).toString("base64"), media_type: "image/svg+xml" },
            { type: text, [text]: text },
          ],
        }),
        Message.toolResult({ callId: text, content: text }),
        Message.user(`${text} needle`),
      ];
      const about = { title: text, tags: [text], model: text, source: text, workspacePath: `/${text}` };
      await saved(store, messages, { ...about, title: `${index} ${text}` });
    }
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({ q: "needle" });
    await page.locator(".hit").first().waitFor();
    await goTo({});
    await page.locator(".session").first().waitFor();
    for (const { id } of await store.listWithMetadata()) {
      await goTo({ session: id, at: "0", find: "needle" });
      await page.locator("[data-position='5']").waitFor();
      await page
        .locator(".fold-head[aria-expanded=false]")
        .evaluateAll((folds) => folds.forEach((fold) => (fold as HTMLElement).click()));
      await page.locator(".find-count", { hasText: "of 1" }).waitFor();
      await page.getByRole("button", { name: "History" }).click();
      await page.locator(".history li").first().waitFor();
      // Every link leads to a page of the viewer, to the web or nowhere, and none opens a page that could reach back.
      const links = await page.locator("a[href]").evaluateAll((all) =>
        all.map((link) => ({
          protocol: (link as HTMLAnchorElement).protocol,
          isOwn: (link as HTMLAnchorElement).origin === location.origin,
          rel: (link as HTMLAnchorElement).rel,
        })),
      );
      for (const { protocol, isOwn, rel } of links) {
        expect(protocol).toMatch(/^https?:$/);
        if (!isOwn) expect(rel).toContain("noopener");
      }
      expect(await page.evaluate(() => [window.hacked, getComputedStyle(document.body).display])).toEqual([
        undefined,
        "block",
      ]);
      await page.locator(".history .compare-link").first().click();
      await page.locator(".compare .message").nth(5).waitFor();
      expect(await page.locator("iframe, object, embed, base, svg script, body style, form").count()).toBe(0);
      expect(await page.locator("img").count()).toBe(0);
    }
    await goTo({ view: "overview" });
    await page
      .locator(".overview tbody tr")
      .nth(HOSTILE.length - 1)
      .waitFor();
    await page.keyboard.press(":");
    await page.getByRole("combobox").fill("<");
    await page.getByRole("option").nth(3).waitFor();
    expect(await page.locator("iframe, object, embed, base, svg script, body style, img").count()).toBe(0);
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  /** What takes the square of its length, or worse, where it is read without care. */
  const HEAVY: Readonly<Record<string, string>> = {
    "quotes nested 5,000 deep": `${"> ".repeat(5000)}deep`,
    "lists nested 2,000 deep": Array.from({ length: 2000 }, (_, at) => `${" ".repeat(at * 2)}- x`)
      .join("\n")
      .slice(0, 190_000),
    "20 KB of **a_": "**a_ ".repeat(4000),
    "100 KB of _ and *": "*_".repeat(50_000),
    "50,000 brackets": "[".repeat(50_000),
    "50,000 backticks in rows": Array.from({ length: 300 }, (_, at) => "`".repeat(at + 1)).join("a"),
    "a line of a megabyte": "x".repeat(1_000_000),
    "a megabyte of short lines": "x\n".repeat(500_000),
    "a row of 5,000 cells": `${"|a".repeat(5000)}|\n${"|-".repeat(5000)}|\n${"|b".repeat(5000)}|`,
    "20,000 links that are not closed": "[a](".repeat(20_000),
    "100,000 marks upon one letter": `a${"\u0301".repeat(100_000)}`,
    "5,000 letters with marks": `a${"\u0301".repeat(11)}`.repeat(5000),
    "a fence of code without an end": `\`\`\`typescript\n${"const a = `${".repeat(1500)}`,
    "HTML that never ends": `<!--${"<a ".repeat(30_000)}`,
    "50,000 references": "[a]: b\n".repeat(25_000),
  };

  test("freezes nothing: what is heavy takes hardly longer than plain text of its size", async () => {
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    const session = await page.context().newCDPSession(page);
    // The processor's time of the page's thread: how busy the machine is does not count.
    await session.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
    await session.send("Performance.enable");
    const used = async (): Promise<number> => {
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
    };
    const drawn = async (text: string): Promise<number> => {
      const id = await saved(store, [
        Message.user(text),
        Message.toolResult({ callId: "1", content: text }),
        Message.toolCalls([{ id: "1", name: "Write", arguments: { file_path: "a.ts", content: text } }]),
        Message.toolCalls([
          { id: "2", name: "Edit", arguments: { old_string: text, new_string: `${text}\n` } },
        ]),
        Message.toolCalls([{ id: "3", name: "Note", arguments: text.slice(0, 150_000) }]),
      ]);
      await goTo({ session: id });
      await page.locator("[data-position='0']").waitFor();
      // What is folded is drawn too.
      await page
        .locator(".fold-head[aria-expanded=false]")
        .evaluateAll((folds) => folds.forEach((fold) => (fold as HTMLElement).click()));
      // The page answers: it draws its keys, and puts them away.
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      return await used();
    };
    const usual = await drawn("A plain sentence of some words. ".repeat(6000));
    expect(usual).toBeGreaterThan(0);
    for (const [name, text] of Object.entries(HEAVY)) {
      const took = await drawn(text);
      expect([name, took < usual * 5]).toEqual([name, true]);
    }
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("a message of many megabytes is cut, with a way to the rest", async () => {
    const id = await saved(store, [Message.user(`${"word ".repeat(100_000)}the very end`)]);
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({ session: id });
    const more = page.getByRole("button", { name: "Show more" });
    await more.waitFor();
    while ((await more.count()) > 0) {
      const left = await page.locator(".more").textContent();
      await more.click();
      await page.locator(".more", { hasText: left ?? "" }).waitFor({ state: "detached" });
    }
    await page.getByText("the very end").waitFor();
  });
});
