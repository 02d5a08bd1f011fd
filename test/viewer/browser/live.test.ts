import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";
import { writerOf } from "./writer.ts";

let folder: string;
let store: SessionStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "astrid-viewer-live-"));
  store = new SessionStore(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const long = Array.from({ length: 300 }, (_, at) => Message.user(`number ${at}`));

describeInBrowser("while another process writes", (open) => {
  test("the end is followed, until someone scrolls up", async () => {
    const id = await saved(store, long, { title: "Live" });
    await using writer = writerOf(folder, id);
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({ session: id });
    await page.getByText("number 299", { exact: true }).first().waitFor();
    for (let at = 0; at < 5; at++) {
      await writer.add(`added ${at}`);
      await page.locator(".message").getByText(`added ${at}`, { exact: true }).waitFor();
    }
    await page.locator(".session-about", { hasText: "305 messages" }).waitFor();
    // What came last is in sight.
    const bottom = async (): Promise<number> =>
      await page
        .locator(".main .scroller")
        .evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
    await expect.poll(bottom, { timeout: 60_000 }).toBeLessThan(33);

    const scroller = page.locator(".main .scroller");
    await scroller.hover();
    await page.mouse.wheel(0, -3000);
    await page.getByRole("button", { name: "↓ To the end" }).waitFor();
    await page.locator("[data-position='304']").waitFor({ state: "detached" });
    const inSight = page.locator(".message[data-position]").nth(8);
    const [place, before] = [await inSight.getAttribute("data-position"), await inSight.boundingBox()];
    await writer.add("added while reading above");
    await page.getByRole("button", { name: "↓ 1 new message" }).waitFor();
    expect(await page.locator(`[data-position='${place}']`).boundingBox()).toEqual(before);
    await page.getByRole("button", { name: "↓ 1 new message" }).click();
    await page.getByText("added while reading above").waitFor();
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("a rewind, and the end of a session, are seen", async () => {
    const id = await saved(store, long);
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({ session: id });
    await page.getByText("number 299", { exact: true }).first().waitFor();
    await store.rewind(id, { position: 100 });
    await page.getByText("number 99", { exact: true }).first().waitFor();
    await page.locator(".message", { hasText: "number 299" }).waitFor({ state: "detached" });
    await store.delete(id, { trash: true });
    await page.getByRole("alert").getByText("The session was removed.").waitFor();
  });

  test("the list shows what changes and what is new, and two pages of one store both do", async () => {
    const id = await saved(store, [Message.user("Hello")], { title: "First" });
    await using writer = writerOf(folder, id);
    await using one = await open(store);
    await using two = await open(store);
    for (const { goTo, page } of [one, two]) {
      await goTo({});
      await page.getByRole("link", { name: "First" }).waitFor();
    }
    await writer.add("more");
    await saved(store, [Message.user("Hello")], { title: "Second" });
    for (const { page } of [one, two]) {
      await page.locator(".session", { hasText: "First" }).getByText("2 messages").waitFor();
      await page.getByRole("link", { name: "Second" }).waitFor();
    }
  });
});
