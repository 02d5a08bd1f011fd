import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../../src/index.ts";
import { saved } from "../sample-store.ts";
import { describeInBrowser } from "./open.ts";

let store: SessionStore;
beforeEach(() => {
  store = new SessionStore("memory:");
});
afterEach(() => store.close());

/** A page of another program on this machine. */
async function foreignPage() {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>Elsewhere</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeInBrowser("a page of another program, in the browser that has the viewer's cookie", (open) => {
  test("reads nothing and changes nothing, whatever it tries", async () => {
    const id = await saved(store, [Message.user("secret")], { title: "Secret" });
    await using elsewhere = await foreignPage();
    await using opened = await open(store);
    const { page, goTo, viewer } = opened;
    await goTo({});
    await page.getByRole("link", { name: "Secret" }).waitFor();
    const origin = new URL(viewer.url).origin;
    await page.goto(elsewhere.url);
    const got = await page.evaluate(
      async ({ origin, id }) => {
        const outcome = async (what: Promise<unknown>): Promise<string> =>
          await what.then(
            (value) => `got ${String(value)}`,
            () => "refused",
          );
        const loaded = (tag: "script" | "img" | "link", parts: object): Promise<unknown> =>
          new Promise((resolve, reject) => {
            const heard = { onload: resolve, onerror: reject };
            // An image is asked for as soon as it has an address.
            document.body.append(Object.assign(document.createElement(tag), heard, parts));
          });
        const read = (init: RequestInit): Promise<string> =>
          fetch(`${origin}/api/sessions`, init).then((response) => response.text());
        const write = (init: RequestInit): Promise<string> =>
          fetch(`${origin}/api/sessions/${id}/trash`, { method: "POST", body: "{}", ...init }).then(
            (response) => response.text(),
          );
        const events = new EventSource(`${origin}/api/events`, { withCredentials: true });
        const told = new Promise((resolve, reject) => {
          events.onopen = resolve;
          events.onerror = reject;
        });
        const answers: Record<string, string> = {
          "a read with the cookie": await outcome(read({ credentials: "include" })),
          "a read without questions": await outcome(read({ credentials: "include", mode: "no-cors" })),
          "a change as JSON": await outcome(
            write({
              credentials: "include",
              headers: { "content-type": "application/json", "x-astrid-viewer": "1" },
            }),
          ),
          "a script": await outcome(loaded("script", { src: `${origin}/page.js` })),
          "an image": await outcome(loaded("img", { src: `${origin}/api/sessions/${id}/image?position=0` })),
          "a style": await outcome(loaded("link", { rel: "stylesheet", href: `${origin}/page.css` })),
          events: await outcome(told),
        };
        events.close();
        return answers;
      },
      { origin, id },
    );
    expect(got).toEqual({
      "a read with the cookie": "refused",
      "a read without questions": "refused",
      "a change as JSON": "refused",
      "a script": "refused",
      "an image": "refused",
      "a style": "refused",
      events: "refused",
    });

    // What cannot be read may still be sent: a form. And a frame may still ask.
    const [form] = await Promise.all([
      page.waitForResponse((response) => response.url() === `${origin}/api/sessions/${id}/trash`),
      page.evaluate((action) => {
        const frame = Object.assign(document.createElement("iframe"), { name: "there" });
        const form = Object.assign(document.createElement("form"), { action, target: "there" });
        form.method = "POST";
        form.enctype = "text/plain";
        document.body.append(frame, form);
        form.submit();
      }, `${origin}/api/sessions/${id}/trash`),
    ]);
    const [frame] = await Promise.all([
      page.waitForResponse((response) => response.url() === `${origin}/`),
      page.evaluate((src) => {
        document.body.append(Object.assign(document.createElement("iframe"), { src }));
      }, `${origin}/`),
    ]);
    expect([form.status(), frame.status()]).toEqual([403, 403]);
    expect((await store.summary(id))?.revision).toBe(1);
  });

  test("a name of its own that leads to this machine opens nothing, with the right token neither", async () => {
    await saved(store, [Message.user("secret")], { title: "Secret" });
    await using opened = await open(store);
    const { page, viewer } = opened;
    const url = new URL(viewer.url);
    // Browsers look such names up as this machine, as a rebound name would be.
    url.hostname = "evil.localhost";
    const response = await page.goto(url.href);
    expect([response?.status(), await response?.text()]).toEqual([
      421,
      expect.stringContaining("WRONG_HOST"),
    ]);
    expect(await page.context().cookies()).toEqual([]);
  });
});
