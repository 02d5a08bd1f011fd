import { expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

describeInBrowser("a narrow window", (open) => {
  test("a long session opens at its end, keys lead through it, and only what is seen is drawn", async () => {
    await using store = new SessionStore("memory:");
    const messages = Array.from({ length: 600 }, (_, index) =>
      index % 2 === 0 ? Message.user(`Question ${index}`) : Message.assistant(`Answer ${index}`),
    );
    const id = await saved(store, messages, { title: "Long" });
    await using opened = await open(store, { viewport: { width: 360, height: 700 } });
    const { page } = opened;
    await opened.goTo({ session: id });
    const seen = (text: string): Promise<boolean> =>
      page.evaluate((sought) => {
        const found = [...document.querySelectorAll(".message")].find((one) =>
          one.textContent.includes(sought),
        );
        const { top = -1, bottom = -1 } = found?.getBoundingClientRect() ?? {};
        return bottom > 0 && top < innerHeight && found !== undefined;
      }, text);
    await expect.poll(() => seen("Answer 599")).toBe(true);
    expect(await page.locator(".message").count()).toBeLessThan(100);
    await page.keyboard.press("g");
    await expect.poll(() => seen("Question 0")).toBe(true);
    await page.keyboard.press("G");
    await expect.poll(() => seen("Answer 599")).toBe(true);
  });

  test("nothing of the overview's table, nor of what a session is, is cut off", async () => {
    await using store = new SessionStore("memory:");
    const id = await saved(store, [Message.user("Hello"), Message.assistant("Hi")], {
      ...{ title: "Long", source: "a-framework-of-somebody", model: "example-model-with-a-long-name" },
      workspacePath: "/home/someone/repositories-of-work/a-project-that-has-quite-a-long-name-indeed-it-has",
    });
    for (const width of [1100, 900, 800, 360]) {
      await using opened = await open(store, { viewport: { width, height: 700 }, colorScheme: "dark" });
      const { page } = opened;
      const cut = (selector: string): Promise<string[]> =>
        page.evaluate((sought) => {
          const cells = [...document.querySelectorAll<HTMLElement>(sought)];
          return cells
            .filter((cell) => {
              const box = cell.parentElement?.closest(".table-box, .session-name") ?? document.body;
              const { right } = box.getBoundingClientRect();
              return cell.getBoundingClientRect().right > right + 1;
            })
            .map(({ textContent }) => textContent);
        }, selector);
      await opened.goTo({ view: "overview" });
      await page.locator(".overview tbody tr").first().waitFor();
      expect(await cut(".overview th, .overview td"), `${width}`).toEqual([]);
      await opened.goTo({ session: id });
      await page.locator(".session-name .session-about span").nth(3).waitFor();
      expect(await cut(".session-name .session-about > *"), `${width}`).toEqual([]);
    }
  });
});
