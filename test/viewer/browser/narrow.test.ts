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
});
