import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

let folder: string;
let store: SessionStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "astrid-viewer-"));
  store = new SessionStore(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A long session, with one word far from its end and within a result that is folded. */
function moonTalk(): Message[] {
  const messages: Message[] = [];
  for (let turn = 0; turn < 400; turn++) {
    messages.push(Message.user(`Question ${turn}: how far is the moon?`));
    messages.push(
      Message.toolCalls([{ id: `c${turn}`, name: "Bash", arguments: { command: `measure ${turn}` } }]),
    );
    const result = turn === 17 ? "the perigee is 356500 km" : `about ${turn} km`;
    messages.push(Message.toolResult({ callId: `c${turn}`, content: result }));
    messages.push(Message.assistant(`Answer ${turn}: **far**.`));
  }
  return messages;
}

describeInBrowser("a person's way", (open) => {
  test("list, search, transcript, find, rename, trash, undo", async () => {
    const id = await saved(store, moonTalk(), { title: "Moon talk", source: "codex", tags: ["sky"] });
    await saved(store, [Message.user("Bake bread")], { title: "Bread", source: "gemini" });
    await using opened = await open(store);
    const { page, goTo, trouble } = opened;
    await goTo({});
    // The token has left the address.
    expect(page.url()).not.toContain("token");
    await page.getByRole("link", { name: "Bread" }).waitFor();

    // A facet narrows, says how many there are, and stands in the address.
    await page.getByLabel("codex").check();
    await page.getByRole("link", { name: "Bread" }).waitFor({ state: "detached" });
    expect(page.url()).toContain("source=codex");
    await page.goBack();
    await page.getByRole("link", { name: "Bread" }).waitFor();

    // The full text is searched as one types, and a find leads to its place, opened and marked.
    await page.keyboard.press("/");
    await page.keyboard.type("perigee");
    const hit = page.locator(".hit", { hasText: "the perigee is" });
    await hit.waitFor();
    expect(await hit.locator("mark").textContent()).toBe("perigee");
    await hit.click();
    const place = page.locator("[data-position='70']");
    await place.getByText("the perigee is 356500 km").nth(1).waitFor();
    await page.locator(".find-count", { hasText: "1 of 1" }).waitFor();
    expect(await page.evaluate(() => CSS.highlights.get("find")?.size)).toBeGreaterThan(0);

    // To the end and to the start, by keys; the scrollbar is the whole session's.
    await page.keyboard.press("G");
    await page.locator("[data-position='1599']").waitFor();
    await page.keyboard.press("g");
    await page.locator("[data-position='0']").waitFor();
    const { height, shown } = await page.locator(".main .scroller").evaluate((element) => ({
      height: element.scrollHeight,
      shown: element.querySelectorAll(".row").length,
    }));
    expect(height).toBeGreaterThan(1600 * 40);
    expect(shown).toBeLessThan(100);
    await page.locator(".main .scroller").evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    await page
      .locator(".message[data-position]", { hasText: /Question (?:19|20)\d/ })
      .first()
      .waitFor();

    // From prompt to prompt, and only prompts and answers.
    await page.keyboard.press("g");
    await page.keyboard.press("J");
    await page.locator(".message.selected[data-position='4']").waitFor();
    await page.keyboard.press("f");
    await page.locator(".message[data-kind='tool']").first().waitFor({ state: "detached" });
    await page.locator("[data-position='3']", { hasText: "Answer 0" }).waitFor();
    await page.keyboard.press("f");

    // A call opens; back to the search, and to all sessions.
    await page.locator("[data-position='5'] .fold-head").click();
    await page.locator("[data-position='5'] dd", { hasText: "measure 1" }).waitFor();
    await page.keyboard.press("Escape");
    await hit.waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    const row = page.locator(".session", { hasText: "Moon talk" });
    await row.hover();

    await row.getByRole("button", { name: "Rename: Moon talk" }).click();
    await page.getByLabel("New title").fill("Selene");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Selene" }).waitFor();
    expect((await store.summary(id))?.title).toBe("Selene");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: "Moon talk" }).waitFor();

    await row.hover();
    await row.getByRole("button", { name: "Trash: Moon talk" }).click();
    await row.waitFor({ state: "detached" });
    expect(await store.summary(id)).toBeUndefined();
    await page.getByRole("button", { name: "Undo" }).click();
    await row.waitFor();
    expect((await store.summary(id))?.messageCount).toBe(1600);
    expect(trouble).toEqual({ told: [], elsewhere: [] });
  });

  test("tags, pins and archives are set and taken back", async () => {
    const id = await saved(store, [Message.user("Hello")], { title: "Greeting" });
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({});
    const row = page.locator(".session", { hasText: "Greeting" });
    await row.hover();
    await row.getByRole("button", { name: "Tag: Greeting" }).click();
    await page.getByLabel("Tags, with spaces").fill("one two");
    await page.keyboard.press("Enter");
    await row.getByText("#two").waitFor();
    await row.getByRole("button", { name: "Pin: Greeting" }).click();
    await row.getByText("pinned").waitFor();
    await row.getByRole("button", { name: "Archive: Greeting" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row.waitFor();
    const { tags, custom } = (await store.summary(id)) ?? {};
    expect([tags, Object.keys(custom ?? {}).includes("archived")]).toEqual([["one", "two"], false]);
  });

  test("a sub-agent is below its session, and its conversation inline under its answer", async () => {
    const parent = await saved(store, [Message.user("Delegate")], { title: "Parent" });
    const child = await saved(store, [Message.user("Look it up"), Message.assistant("It is 42")], {
      title: "Child",
      parentId: parent,
    });
    await store.append(parent, [
      Message.toolCalls([{ id: "t", name: "Task", arguments: { description: "look it up" } }]),
      Message.from({
        role: "tool",
        content: { call_id: "t", content: "42", is_error: false },
        subsession: child,
      }),
    ]);
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({});
    await page.getByRole("button", { name: "1 sub-agent or fork of Parent" }).click();
    await page.getByRole("link", { name: "Child" }).waitFor();
    await page.getByRole("link", { name: "Parent" }).click();
    await page.getByRole("button", { name: "Sub-agent’s conversation" }).click();
    await page.getByText("It is 42").waitFor();
  });

  test("a file written whole and a cell of a notebook are drawn as diffs, as show draws them", async () => {
    const id = await saved(store, [
      Message.user("Write it"),
      Message.toolCalls([
        { id: "a", name: "Write", arguments: { file_path: "/w/a.ts", content: "one\ntwo\n" } },
        {
          id: "b",
          name: "NotebookEdit",
          arguments: { notebook_path: "/w/b.ipynb", new_source: "import os" },
        },
      ]),
    ]);
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({ session: id });
    for (const name of ["Write", "NotebookEdit"])
      await page.locator(".call .fold-head").filter({ hasText: name }).click();
    await page.locator(".diff-add", { hasText: "two" }).waitFor();
    await page.locator(".diff-add", { hasText: "import os" }).waitFor();
    expect(await page.locator(".diff-add").allTextContents()).toEqual([
      "+ one\n",
      "+ two\n",
      "+ import os\n",
    ]);
    expect(await page.locator(".fold-note").allTextContents()).toEqual(["+2", "+1"]);
  });

  test("a file of one's own that leads to the address leads in, as the command's --open does", async () => {
    const id = await saved(store, [Message.user("Hello")], { title: "Greeting" });
    await using opened = await open(store);
    const { page, viewer, trouble } = opened;
    const file = join(folder, "open.html");
    writeFileSync(file, `<meta http-equiv="refresh" content="0; url=${viewer.url}&amp;session=${id}" />`);
    await page.goto(`file://${file}`);
    await page.locator("[data-position='0']").waitFor();
    expect(new URL(page.url()).search).toBe(`?session=${id}`);
    expect(trouble.told).toEqual([]);
  });

  test("a deep link leads to a message, an earlier revision is shown as it was", async () => {
    const id = await saved(store, moonTalk());
    await store.rewind(id, { position: 4 });
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({ session: id, revision: "1", at: "801" });
    await page.locator(".message.selected[data-position='801']").waitFor();
    await page.getByText("revision 1, as it was").waitFor();
    await page.getByRole("button", { name: "History" }).click();
    await page.locator(".history .did", { hasText: "−1596 from #4" }).waitFor();
    await page.getByRole("link", { name: "as it is", exact: true }).click();
    await page.locator("[data-position='3']").waitFor();
    expect(await page.locator("[data-position='801']").count()).toBe(0);
  });

  test("nothing there, nothing found, no such session: a sentence each", async () => {
    await using opened = await open(store);
    const { page, goTo } = opened;
    await goTo({});
    await page.getByText("There are no sessions here yet.").waitFor();
    await goTo({ q: "nothing like it" });
    await page.getByText("Nothing matches.").waitFor();
    await goTo({ session: "1a2b3c4d-0000-4000-8000-000000000000" });
    await page.getByRole("alert").getByText("The session cannot be read.").waitFor();
  });
});
