import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

let store: SessionStore;
beforeEach(() => {
  store = new SessionStore("memory:");
});
afterEach(() => store.close());

const asked = [Message.user("How far is it?"), Message.assistant("Far.")];

describeInBrowser("many sessions at once", (open) => {
  test("several are selected, tagged, pinned, archived and trashed, and each is taken back", async () => {
    const ids: string[] = [];
    for (const title of ["One", "Two", "Three", "Four"]) ids.push(await saved(store, asked, { title }));
    const [one = "", two = "", three = ""] = ids;
    await store.organize(two, { addTags: ["kept"], pinned: true });
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({});
    const selected = page.getByRole("toolbar", { name: "Selected sessions" });
    const undo = page.getByRole("button", { name: "Undo" });
    const choose = async (...titles: string[]): Promise<void> => {
      for (const title of titles) await page.getByLabel(`Select: ${title}`, { exact: true }).click();
    };

    // From one to another with the shift key.
    await page
      .getByLabel(/^Select: /)
      .nth(0)
      .click();
    await page
      .getByLabel(/^Select: /)
      .nth(2)
      .click({ modifiers: ["Shift"] });
    await selected.getByText("3 sessions selected").waitFor();
    await selected.getByRole("button", { name: "Select none" }).click();

    await choose("One", "Two");
    await selected.getByText("2 sessions selected").waitFor();
    await selected.getByRole("button", { name: "Tag" }).click();
    await page.getByLabel("Tags to add").fill("kept sky");
    await page.keyboard.press("Enter");
    await page.getByText("Tagged: 2 sessions").waitFor();
    expect((await store.summary(one))?.tags).toEqual(["kept", "sky"]);
    await undo.click();
    await page.locator(".session", { hasText: "#sky" }).first().waitFor({ state: "detached" });
    // What one of them had before stays.
    expect([(await store.summary(one))?.tags, (await store.summary(two))?.tags]).toEqual([[], ["kept"]]);

    await choose("One");
    await selected.getByRole("button", { name: "Select all shown" }).click();
    await selected.getByText("4 sessions selected").waitFor();
    await selected.getByRole("button", { name: "Pin", exact: true }).click();
    await page.getByText("Pinned: 3 sessions").waitFor();
    await undo.click();
    await expect
      .poll(async () => (await store.list({ pinned: true })).sessions.map(({ id }) => id))
      .toEqual([two]);

    await choose("One", "Three");
    await selected.getByRole("button", { name: "Archive" }).click();
    await page.locator(".session", { hasText: "Three" }).waitFor({ state: "detached" });
    await undo.click();
    await page.locator(".session", { hasText: "Three" }).waitFor();

    await choose("One", "Three");
    await selected.getByRole("button", { name: "Trash" }).click();
    await page.getByText("In the trash: 2 sessions").waitFor();
    expect([await store.summary(one), await store.summary(three)]).toEqual([undefined, undefined]);
    await undo.click();
    await page.locator(".session", { hasText: "Three" }).waitFor();
    await page.locator(".session", { hasText: "One" }).waitFor();
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("what keeps one of them from being changed is told, and the others are", async () => {
    await saved(store, asked, { title: "Stays" });
    const gone = await saved(store, asked, { title: "Goes" });
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({});
    for (const title of ["Stays", "Goes"]) await page.getByLabel(`Select: ${title}`).click();
    await store.delete(gone, { trash: true });
    await page.getByRole("toolbar").getByRole("button", { name: "Pin" }).click();
    await page.getByText(/Pinned: 1 session; 1 session not: /).waitFor();
  });

  test("sessions that wait for a person, and those with something new, are marked until they are looked at", async () => {
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({});
    await page.getByText("There are no sessions here yet.").waitFor();
    const answered = await saved(store, asked, { title: "Answered" });
    await saved(store, [Message.user("Do it")], { title: "Asked" });
    await saved(store, [...asked, Message.toolCalls([{ id: "1", name: "Bash", arguments: {} }])], {
      title: "Calls",
    });
    const row = (title: string) =>
      page.locator(".session", { has: page.getByRole("link", { name: title, exact: true }) });
    await row("Answered").getByText("waiting for you").waitFor();
    for (const title of ["Answered", "Asked", "Calls"]) await row(title).getByText("● new").waitFor();
    expect(await page.getByText("waiting for you").count()).toBe(1);
    await page.getByRole("link", { name: "Answered" }).click();
    await page.locator("[data-position='1']").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    await row("Asked").getByText("● new").waitFor();
    await row("Answered").getByText("● new").waitFor({ state: "detached" });
    // Neither title nor mark is something new of the conversation.
    await store.organize(answered, { title: "Answered well", pinned: true });
    await row("Answered well").waitFor();
    expect(await row("Answered well").getByText("● new").count()).toBe(0);
  });

  test("the overview adds up days, tokens and projects, and each leads to its sessions", async () => {
    await saved(store, asked, { title: "Here", workspacePath: "/w/here" });
    await saved(store, asked, { title: "There", workspacePath: "/w/there" });
    await saved(store, asked, { title: "There too", workspacePath: "/w/there" });
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({});
    await page.getByRole("button", { name: "Overview" }).click();
    await page.getByRole("img", { name: "3 sessions on 1 day of the last year; at most 3 on one" }).waitFor();
    await page.getByRole("img", { name: /tokens of text within 90 days/ }).waitFor();
    const there = page.getByRole("row", { name: /w\/there/ });
    expect(await there.getByRole("cell").first().textContent()).toBe("2");
    await page.locator(".heat rect:not(.heat-0)").click();
    await page.getByRole("link", { name: "Here", exact: true }).waitFor();
    expect(page.url()).toMatch(/day=\d{4}-\d\d-\d\d/);
    await page.goBack();
    await there.getByRole("link").click();
    await page.getByRole("link", { name: "There too" }).waitFor();
    expect(await page.getByRole("link", { name: "Here", exact: true }).count()).toBe(0);
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("the palette does what can be done here, and goes to a session, by a few letters", async () => {
    await saved(store, asked, { title: "Moon talk" });
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({});
    await page.getByRole("link", { name: "Moon talk" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("moon");
    await page.getByRole("option", { name: "Moon talk" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("[data-position='1']").waitFor();
    await page.keyboard.press(":");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("hist");
    await page.keyboard.press("Enter");
    await page.locator(".history li").first().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("list of");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Moon talk" }).waitFor();
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("a revision is compared with the one before it: what went, what came, and fields", async () => {
    const id = await saved(store, [Message.user("Old question"), Message.assistant("Old answer")], {
      title: "Before",
    });
    await store.commit(id, {
      base: 1,
      splice: [1, 1, [Message.assistant("New answer")]],
      set: { title: "After" },
    });
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({ session: id });
    await page.getByRole("button", { name: "History" }).click();
    await page.getByRole("link", { name: "what 2 changed" }).click();
    await page.getByLabel("Messages that went").getByText("Old answer").waitFor();
    await page.getByLabel("Messages that came").getByText("New answer").waitFor();
    expect(await page.locator(".changed-field dd").allTextContents()).toEqual(["Before", "After"]);
    expect(await page.getByText("Old question").count()).toBe(0);
    await page.getByRole("link", { name: "the change before" }).click();
    await page.getByText("Revision 1, the first").waitFor();
    await page.getByLabel("Messages that came").getByText("Old question").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".message[data-position='1']", { hasText: "New answer" }).waitFor();
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });
});
