import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { describeWithServer } from "../../postgres/postgres.ts";
import { TestServer } from "../../postgres/server.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";
import { TeamServer } from "./team-server.ts";
import { writerOf } from "./writer.ts";

describeWithServer("on PostgreSQL, a tenant for each user", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  let stores: Map<string, SessionStore>;
  beforeEach(async () => {
    stores = new Map();
    for (const user of ["ann", "bob"]) stores.set(user, await SessionStore.open(placeOf(user)));
  });
  afterEach(async () => {
    for (const store of stores.values()) await store.close();
  });

  const placeOf = (user: string): string => `${server.url}?tenant=${user}&notify=true`;
  const storeOf = (user: string): SessionStore => {
    const store = stores.get(user);
    if (store === undefined) throw new Error(`Nobody is called ${user}.`);
    return store;
  };

  describeInBrowser("a team's own server", (_, openServed) => {
    const openAs = async (user: string) =>
      await openServed(async (pageFolder) => await new TeamServer(pageFolder, storeOf).listen(user));

    test("shows each user their own, while another process writes, and lets them change it", async () => {
      const long = Array.from({ length: 300 }, (_, at) => Message.user(`number ${at} of the moon`));
      const id = await saved(storeOf("ann"), long, { title: "Ann's" });
      const others = await saved(storeOf("bob"), [Message.user("the moon, for Bob")], { title: "Bob's" });
      await using writer = writerOf(placeOf("ann"), id);
      await using opened = await openAs("ann");
      const { page, goTo, trouble } = opened;
      await goTo({});
      await page.getByRole("link", { name: "Ann's" }).waitFor();
      expect(await page.locator(".session").count()).toBe(1);
      await goTo({ q: "moon" });
      await page.locator(".hit", { hasText: "of the moon" }).first().waitFor();
      expect(await page.getByText("for Bob").count()).toBe(0);
      await goTo({ session: others });
      await page.getByRole("alert").getByText("The session cannot be read.").waitFor();

      await goTo({ session: id });
      await page.getByText("number 299 of the moon", { exact: true }).first().waitFor();
      for (let at = 0; at < 3; at++) {
        await writer.add(`added ${at}`);
        await page.locator(".message").getByText(`added ${at}`, { exact: true }).waitFor();
      }
      await page.getByLabel("Find in the session").fill("number 7 of");
      await page.locator(".find-count", { hasText: "– of 1" }).waitFor();
      await page.keyboard.press("Enter");
      await page.locator(".message.selected[data-position='7']").waitFor();
      await page.getByRole("button", { name: "History" }).click();
      await page.locator(".history .did", { hasText: "+300" }).waitFor();

      await goTo({});
      const row = page.locator(".session", { hasText: "Ann's" });
      await row.hover();
      await row.getByRole("button", { name: "Pin: Ann's" }).click();
      await row.getByText("pinned").waitFor();
      await writer.add("seen in the list");
      await row.getByText("304 messages").waitFor();
      await row.hover();
      await row.getByRole("button", { name: "Trash: Ann's" }).click();
      await row.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Undo" }).click();
      await row.waitFor();
      expect((await storeOf("ann").summary(id))?.messageCount).toBe(304);
      expect((await storeOf("bob").listWithMetadata()).map(({ revision }) => revision)).toEqual([1]);
      expect(trouble).toEqual({ told: [], elsewhere: [] });
      // Whoever signs out meanwhile is told so by the next answer.
      await page.context().clearCookies();
      await page.getByLabel("Search titles").fill("x");
      await page.getByText("Sign in first.").first().waitFor();
    });
  });
});
