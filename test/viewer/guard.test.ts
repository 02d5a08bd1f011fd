import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import { createViewer, newToken } from "../../src/viewer.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { FOR_WRITES, FROM_PAGE, get, ORIGIN, post, saved, TOKEN, viewerOf } from "./sample-store.ts";

let store: SessionStore;
let id: string;
beforeEach(async () => {
  store = new SessionStore("memory:");
  id = await saved(store, [Message.user("Hello")], { title: "Greeting" });
});
afterEach(() => store.close());

/** One of each kind: the page, its files, what it asks for, and what goes on. */
const paths = (): string[] => [
  "/",
  "/page.js",
  "/api/sessions",
  `/api/sessions/${id}/messages`,
  `/api/sessions/${id}/export`,
  `/api/events?session=${id}`,
  "/nothing",
];

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

test.each([
  "evil.example",
  "evil.example:4711",
  "127.0.0.1",
  "127.0.0.1:4712",
  "127.0.0.1:4711.evil.example",
  "localhost:4711",
  "user@127.0.0.1:4711",
  "",
])("a request that names the host %j is refused on every route, token or not", async (host) => {
  const viewer = viewerOf(store);
  for (const path of [...paths(), `/?token=${TOKEN}`]) {
    const response = await get(viewer, path, { ...FROM_PAGE, host });
    expect([path, response.status, await codeOf(response)]).toEqual([path, 421, "WRONG_HOST"]);
  }
});

test.each(["same-site", "cross-site", "nonsense"])(
  "a request of a %s page is refused on every route",
  async (site) => {
    const viewer = viewerOf(store);
    for (const path of [...paths(), `/?token=${TOKEN}`]) {
      const response = await get(viewer, path, { ...FROM_PAGE, "sec-fetch-site": site });
      expect([path, response.status, await codeOf(response)]).toEqual([path, 403, "WRONG_SITE"]);
    }
  },
);

test("nothing is read without the token, files of the page neither", async () => {
  const viewer = viewerOf(store);
  const cookies = [undefined, `astrid-viewer-4711=${newToken()}`, `astrid-viewer-4712=${TOKEN}`, TOKEN];
  for (const cookie of cookies)
    for (const path of paths()) {
      const { cookie: _, ...rest } = FROM_PAGE;
      const response = await get(viewer, path, cookie === undefined ? rest : { ...rest, cookie });
      expect([cookie, path, response.status]).toEqual([cookie, path, 401]);
    }
  const wrong = await get(viewer, `/?token=${TOKEN.slice(1)}x`, { host: FROM_PAGE.host });
  expect(wrong.status).toBe(401);
});

test("the token in the address becomes a cookie that no script and no other site has, and leaves the address", async () => {
  const viewer = viewerOf(store);
  const headers = { host: FROM_PAGE.host, "sec-fetch-site": "none" };
  const response = await get(viewer, `/?session=${id}&token=${TOKEN}`, headers);
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe(`/?session=${id}`);
  expect(response.headers.get("set-cookie")).toBe(
    `astrid-viewer-4711=${TOKEN}; HttpOnly; SameSite=Strict; Path=/`,
  );
  // Who has the cookie already is led away from the token too.
  const again = await get(viewer, `/?token=${TOKEN}`, { ...headers, cookie: FROM_PAGE.cookie });
  expect([again.status, again.headers.get("location")]).toEqual([303, "/"]);
});

test("a browser that a file or another page leads here with the token gets the cookie, and goes on as our own page", async () => {
  const viewer = viewerOf(store);
  const headers = {
    ...{ host: FROM_PAGE.host, "sec-fetch-site": "cross-site" },
    ...{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  };
  const response = await get(viewer, `/?session=${id}&token=${TOKEN}`, headers);
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(response.headers.get("refresh")).toBe(`0; url=/?session=${id}`);
  expect(response.headers.get("set-cookie")).toContain(`=${TOKEN}; HttpOnly; SameSite=Strict`);
  // Without the right token, in a frame, by a script or with the cookie alone there is no such way.
  const refused = [
    await get(viewer, `/?token=${TOKEN.slice(1)}x`, headers),
    await get(viewer, `/?token=${TOKEN}`, { ...headers, "sec-fetch-dest": "iframe" }),
    await get(viewer, `/?token=${TOKEN}`, { ...headers, "sec-fetch-mode": "cors" }),
    await get(viewer, "/", { ...headers, cookie: FROM_PAGE.cookie }),
    await post(viewer, `/api/sessions/${id}/trash?token=${TOKEN}`, {}, { ...FOR_WRITES, ...headers }),
  ];
  for (const { status, headers } of refused) expect([status, headers.get("set-cookie")]).toEqual([403, null]);
});

test("under https the cookie is for https alone, and below a path for that path", async () => {
  const viewer = createViewer(store, { origins: ["https://example.org"], token: TOKEN, base: "/team/" });
  const response = await get(viewer, `/team/?token=${TOKEN}`, { host: "example.org" });
  expect(response.headers.get("set-cookie")).toBe(
    `astrid-viewer-https=${TOKEN}; HttpOnly; SameSite=Strict; Path=/team/; Secure`,
  );
  const cookie = `astrid-viewer-https=${TOKEN}`;
  const list = await get(viewer, "/team/api/sessions", { host: "example.org", cookie });
  expect(list.status).toBe(200);
  expect((await get(viewer, "/api/sessions", { host: "example.org", cookie })).status).toBe(404);
});

test.each([
  ["without an origin", { origin: "" }, 403],
  ["of another origin", { origin: "http://127.0.0.1:4712" }, 403],
  ["of an opaque origin", { origin: "null" }, 403],
  ["of a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ["as text", { "content-type": "text/plain" }, 415],
  ["as text that calls itself JSON", { "content-type": "text/plain; application/json" }, 415],
  ["without the page's own header", { "x-astrid-viewer": "" }, 403],
  ["of a page of the same site", { "sec-fetch-site": "same-site" }, 403],
  ["that no page made", { "sec-fetch-site": "none" }, 403],
  ["without the token", { cookie: "" }, 401],
])("a change %s is refused, and nothing is changed", async (_, wrong, status) => {
  const given = Object.entries({ ...FOR_WRITES, ...wrong }).filter(([, value]) => value !== "");
  const headers = Object.fromEntries(given);
  const response = await post(viewerOf(store), `/api/sessions/${id}/organize`, { title: "Taken" }, headers);
  expect(response.status).toBe(status);
  expect((await store.summary(id))?.title).toBe("Greeting");
});

test("a change by other verbs than POST, or by a read, is none", async () => {
  const viewer = viewerOf(store);
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const request = new Request(`${ORIGIN}/api/sessions/${id}/trash`, { method, headers: FOR_WRITES });
    expect((await viewer.fetch(request)).status).toBe(405);
  }
  expect((await get(viewer, `/api/sessions/${id}/trash`)).status).toBe(404);
  expect(await store.summary(id)).toBeDefined();
});

test("every answer, refusals too, carries the headers that keep the page to itself", async () => {
  const viewer = viewerOf(store);
  const answers = [
    await get(viewer, "/api/sessions"),
    await get(viewer, `/api/events?session=${id}`),
    await get(viewer, "/nothing"),
    await get(viewer, "/", { host: "evil.example" }),
    await get(viewer, `/?token=${TOKEN}`, { host: FROM_PAGE.host }),
  ];
  for (const { headers, body } of answers) {
    await body?.cancel();
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
        "trusted-types 'none'",
    );
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.has("access-control-allow-origin")).toBe(false);
  }
});

test("a viewer that reads only changes nothing", async () => {
  const viewer = viewerOf(store, { readOnly: true });
  const response = await post(viewer, `/api/sessions/${id}/trash`, {});
  expect([response.status, await codeOf(response)]).toEqual([403, "READ_ONLY"]);
  expect(await store.summary(id)).toBeDefined();
});

test("a login of one's own stands in the token's place, on every route", async () => {
  const authorize = (request: Request) => request.headers.get("x-user") === "ann";
  const viewer = createViewer(store, { origins: [ORIGIN], authorize });
  const { cookie: _, ...headers } = FROM_PAGE;
  for (const path of paths()) expect((await get(viewer, path, headers)).status).toBe(401);
  expect((await get(viewer, "/api/sessions", { ...headers, "x-user": "ann" })).status).toBe(200);
});

test.each([
  ["no origin", { origins: [], token: TOKEN }],
  ["an origin with a path", { origins: ["http://localhost:1/"], token: TOKEN }],
  ["a name alone", { origins: ["localhost"], token: TOKEN }],
  ["neither token nor login", { origins: [ORIGIN] }],
  ["a token that can be guessed", { origins: [ORIGIN], token: "secret" }],
  ["a base without slashes", { origins: [ORIGIN], token: TOKEN, base: "team" }],
])("a viewer with %s is refused", (_, options) => {
  expect(() => createViewer(store, options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("a page that is missing harms no other address, and is there as soon as it was made", async () => {
  const pageFolder = join(temporaryDirectory(), "page");
  const told: unknown[] = [];
  const viewer = viewerOf(store, { base: "/team/", pageFolder, onError: (error) => told.push(error) });
  expect((await get(viewer, "/elsewhere", FROM_PAGE)).status).toBe(404);
  expect((await get(viewer, "/team/api/sessions", FROM_PAGE)).status).toBe(200);
  // Whoever rejects with nobody waiting ends the process.
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  const missing = await get(viewer, "/team/", FROM_PAGE);
  const said = await missing.text();
  expect([missing.status, said]).toEqual([503, expect.stringContaining('"code":"PAGE_MISSING"')]);
  // Whoever asks is not told where this machine keeps its files; whoever runs it is.
  expect(said).not.toContain(pageFolder);
  expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining(pageFolder) as string })]);
  mkdirSync(pageFolder);
  writeFileSync(join(pageFolder, "index.html"), "<!doctype html>");
  expect((await get(viewer, "/team/", FROM_PAGE)).status).toBe(200);
});
