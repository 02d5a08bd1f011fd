import { expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

describeInBrowser("ways back to the list", (open) => {
  test("a session that was opened from a search leads back to it, and to its place", async () => {
    await using store = new SessionStore("memory:");
    for (let index = 0; index < 120; index++)
      await saved(store, [Message.user("Hello"), Message.assistant("Hi")], {
        title: `Moon ${index}`,
        source: index % 2 === 0 ? "codex" : "pi",
      });
    // Those of one millisecond stand in the order of their ids.
    const titles = (await store.list({ source: "codex" })).sessions.map(({ title }) => title);
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({ q: "moon", source: "codex" });
    await page.locator(".session").first().waitFor();
    for (let step = 0; step < 30; step++) await page.keyboard.press("j");
    const selected = page.locator(".session.selected .session-title");
    await expect.poll(() => selected.textContent()).toBe(titles[29]);
    for (const back of ["Escape", "click"]) {
      await page.keyboard.press("Enter");
      await page.locator(".message").first().waitFor();
      if (back === "Escape") await page.keyboard.press("Escape");
      else await page.getByRole("link", { name: "Back to the list" }).click();
      await selected.waitFor();
      expect(new URL(page.url()).search).toBe("?q=moon&source=codex");
      expect(await selected.textContent()).toBe(titles[29]);
    }
    await page.keyboard.press("j");
    await expect.poll(() => selected.textContent()).toBe(titles[30]);
  });

  test("what is typed right behind a click on “Tag” or “Rename” goes into the field, and the row has the focus then", async () => {
    await using store = new SessionStore("memory:");
    const id = await saved(store, [Message.user("Hello")], { title: "Moon" });
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({});
    await page.locator(".session").first().waitFor();
    const press = async (name: string, text: string): Promise<void> => {
      // Both in one task of the page: nothing is drawn in between.
      const into = await page.evaluate((label) => {
        const buttons = [...document.querySelectorAll<HTMLElement>(".session-actions button")];
        buttons.find(({ textContent }) => textContent === label)?.click();
        return new Promise<string | undefined>((told) => {
          queueMicrotask(() => queueMicrotask(() => told(document.activeElement?.tagName)));
        });
      }, name);
      expect(into).toBe("INPUT");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    };
    await press("Tag", "work");
    await page.locator(".tag", { hasText: "#work" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe("session-title");
    await press("Rename", "Mars");
    await page.locator(".session-title", { hasText: "Mars" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Mars");
    expect(await store.summary(id)).toMatchObject({ title: "Mars", tags: ["work"] });
  });
});
