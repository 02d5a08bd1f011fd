import { expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

const asked = [Message.user("How far is it?"), Message.assistant("Far.")];

describeInBrowser("the viewer by keys alone", (open) => {
  test("a session is renamed, tagged, pinned, archived and trashed where j led, and all is taken back", async () => {
    await using store = new SessionStore("memory:");
    const id = await saved(store, asked, { title: "Moon" });
    await using opened = await open(store);
    const { page, trouble } = opened;
    await opened.goTo({});
    await page.locator(".session").first().waitFor();
    await page.keyboard.press("j");
    const focus = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.closest(".session")?.querySelector("a")?.textContent);
    // Tab leads to what can be done with the row.
    await expect.poll(focus).toBe("Moon");

    await page.keyboard.press("r");
    await page.getByLabel("New title").fill("Selene");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Selene" }).waitFor();
    await page.keyboard.press("t");
    await page.getByLabel("Tags, with spaces").fill("sky");
    await page.keyboard.press("Enter");
    await page.getByText("#sky").waitFor();
    await page.keyboard.press("p");
    await page.getByText("★ pinned").waitFor();
    await page.keyboard.press("a");
    await page.locator(".session").waitFor({ state: "detached" });
    for (const back of ["Archived", "Pinned", "Tagged", "Renamed"]) {
      await page.keyboard.press("Control+z");
      await page.getByText(`Taken back: ${back}`).waitFor();
    }
    await page.getByRole("link", { name: "Moon" }).waitFor();
    expect(await store.summary(id)).toMatchObject({ title: "Moon", tags: [] });

    await page.keyboard.press("g");
    await page.keyboard.press("Delete");
    await page.getByText("In the trash: Moon").waitFor();
    expect(await store.summary(id)).toBeUndefined();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("undo");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Moon" }).waitFor();
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("the palette renames the session that is selected, and the one that is read", async () => {
    await using store = new SessionStore("memory:");
    await saved(store, asked, { title: "Moon" });
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({});
    await page.locator(".session").first().waitFor();
    await page.keyboard.press("j");
    const rename = async (from: string, to: string): Promise<void> => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("rename");
      await page.getByRole("option", { name: `Rename: ${from}` }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByLabel("New title").fill(to);
      await page.keyboard.press("Enter");
    };
    await rename("Moon", "Mars");
    await page.getByRole("link", { name: "Mars" }).click();
    await page.locator("[data-position='1']").waitFor();
    await rename("Mars", "Venus");
    await page.getByRole("heading", { name: "Venus" }).waitFor();
    await page.keyboard.press("Control+z");
    await page.getByRole("heading", { name: "Mars" }).waitFor();
  });

  test("with several selected, keys do it to all of them", async () => {
    await using store = new SessionStore("memory:");
    for (const title of ["One", "Two", "Three"]) await saved(store, asked, { title });
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({});
    await page.locator(".session").first().waitFor();
    for (const key of ["j", "x", "j", "x", "p"]) await page.keyboard.press(key);
    await page.getByText("Pinned: 2 sessions").waitFor();
    expect((await store.list({ pinned: true })).sessions).toHaveLength(2);
  });

  test("keys lead from the search through titles and finds; a find leads back to itself, and Back to what was before", async () => {
    await using store = new SessionStore("memory:");
    await saved(store, asked, { title: "The comet" });
    const told = Array.from({ length: 3 }, (_, index) => Message.user(`Question ${index} about a comet`));
    await saved(store, told, { title: "Talk" });
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({ state: "current" });
    await page.locator(".session").first().waitFor();
    const before = page.url();
    await page.getByRole("button", { name: "Show all" }).click();
    await page.keyboard.press("/");
    await page.keyboard.type("comet");
    await page.locator(".hit").nth(3).waitFor();
    await page.keyboard.press("Enter");
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.closest("a")?.textContent);
    await expect.poll(focused).toBe("The comet");
    for (const key of ["j", "j", "j"]) await page.keyboard.press(key);
    const find = await focused();
    expect(find).toContain("about a comet");
    await page.keyboard.press("Enter");
    await page.locator(".message.selected").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".hit").nth(3).waitFor();
    await expect.poll(focused).toBe(find);
    await page.keyboard.press("k");
    expect(await focused()).not.toBe(find);
    // Nothing was added to the browser's history by coming back.
    for (let steps = 0; page.url() !== before && steps < 3; steps++) await page.goBack();
    expect(page.url()).toBe(before);
  });

  test("Escape clears the search, in its field and outside", async () => {
    await using store = new SessionStore("memory:");
    await saved(store, asked, { title: "Moon" });
    await saved(store, asked, { title: "Mars" });
    await using opened = await open(store);
    const { page } = opened;
    for (const within of [true, false]) {
      await opened.goTo({ q: "moon" });
      await page.getByRole("link", { name: "Moon", exact: true }).waitFor();
      if (within) await page.getByRole("searchbox").focus();
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Mars" }).waitFor();
      expect(new URL(page.url()).search).toBe("");
      expect(await page.getByRole("searchbox").inputValue()).toBe("");
    }
  });

  test("that nothing matches is said when the search has come to its end, not before", async () => {
    await using store = new SessionStore("memory:");
    await saved(store, asked, { title: "Moon" });
    await using opened = await open(store);
    const { page } = opened;
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/api\/search/, async (route) => {
      await held;
      await route.continue();
    });
    const listed = page.waitForResponse(/api\/sessions\?q=/);
    await opened.goTo({ q: "zzz" });
    await listed;
    await page.getByText("Searching …").waitFor();
    expect(await page.getByText("Nothing matches.").count()).toBe(0);
    answer();
    await page.getByText("Nothing matches.").waitFor();
  });

  test("what was found by what was said alone is counted, and narrows by its filters", async () => {
    await using store = new SessionStore("memory:");
    await saved(store, [Message.user("About a comet")], { title: "One", source: "codex" });
    await saved(store, [Message.user("About a comet, too")], { title: "Two", source: "pi" });
    await using opened = await open(store);
    const { page } = opened;
    await opened.goTo({ q: "comet" });
    await page.locator(".total", { hasText: "0 sessions by title or tag, 2 by what was said" }).waitFor();
    const codex = page.locator(".facet label", { hasText: "codex" });
    expect(await codex.locator(".count").textContent()).toBe("1");
    await codex.click();
    await page.locator(".total", { hasText: "1 by what was said" }).waitFor();
    expect(await page.locator(".hit-title").allTextContents()).toEqual(["One"]);
  });
});
