import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryEngine, Message, SessionStore } from "../../src/index.ts";
import { serveViewer, type ServedViewer } from "../../src/viewer.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { saved } from "./sample-store.ts";

/** Remembers who watches it. */
class WatchedEngine extends MemoryEngine {
  readonly watchers: AbortSignal[] = [];

  override changes(signal: AbortSignal): ReturnType<MemoryEngine["changes"]> {
    this.watchers.push(signal);
    return super.changes(signal);
  }
}

let engine: WatchedEngine;
let store: SessionStore;
let viewer: ServedViewer;
let id: string;
beforeEach(async () => {
  engine = new WatchedEngine();
  store = new SessionStore(engine, { closeEngine: true });
  id = await saved(store, [Message.user("Hello")]);
  // A page of its own: that of the project is there only when it was built.
  const pageFolder = temporaryDirectory();
  writeFileSync(join(pageFolder, "index.html"), "<!doctype html>");
  viewer = await serveViewer(store, { pageFolder });
});
afterEach(async () => {
  await viewer.close();
  await store.close();
});

const cookie = (): string =>
  `astrid-viewer-${viewer.port}=${new URL(viewer.url).searchParams.get("token") ?? ""}`;

/** Bytes as they are, and all that comes back until the server ends it. */
async function raw(...lines: readonly string[]): Promise<string> {
  const socket = connect(viewer.port, "127.0.0.1").setEncoding("utf8");
  let got = "";
  socket.on("data", (text: string) => (got += text)).on("error", () => undefined);
  socket.write(lines.join("\r\n"));
  await once(socket, "close");
  return got;
}

test("it listens on this machine alone, at a port of its own", async () => {
  expect(viewer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  await using other = await serveViewer(store);
  expect(other.port).not.toBe(viewer.port);
  expect(new URL(other.url).search).not.toBe(new URL(viewer.url).search);
});

test.each([
  "/../../../../etc/passwd",
  "/..%2f..%2fpackage.json",
  "/%2e%2e/%2e%2e/package.json",
  "/api/../../package.json",
  "/api/sessions/..%2f..%2f",
  "//etc/passwd",
  "/index.html/../../../package.json",
  "/C:\\windows\\win.ini",
  "/page.js%00.html",
])("no path leads out of the page's files: %s", async (path) => {
  const got = await raw(
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${viewer.port}`,
    `Cookie: ${cookie()}`,
    "Connection: close",
    "",
    "",
  );
  expect(got).toMatch(/^HTTP\/1\.1 (?:40[04]) /);
});

test("headers of more than 8 KB end the connection", async () => {
  const got = await raw(
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${viewer.port}`,
    `X-Long: ${"x".repeat(9000)}`,
    "",
    "",
  );
  expect(got).toMatch(/^HTTP\/1\.1 431 /);
});

test("a request without a host, with two, or for a whole address is refused", async () => {
  expect(await raw("GET /api/sessions HTTP/1.1", "Connection: close", "", "")).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw("GET /api/sessions HTTP/1.0", "", "")).toMatch(/^HTTP\/1\.1 421 /);
  const own = `Host: 127.0.0.1:${viewer.port}`;
  const evil = await raw("GET / HTTP/1.1", "Host: evil.example", own, "Connection: close", "", "");
  expect(evil).toMatch(/^HTTP\/1\.1 4\d\d /);
  const absolute = await raw(
    "GET http://evil.example/api/sessions HTTP/1.1",
    "Host: evil.example",
    `Cookie: ${cookie()}`,
    "Connection: close",
    "",
    "",
  );
  expect(absolute).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test("who takes too long to say what they want is cut off, in the headers and in the body", async () => {
  await viewer.close();
  viewer = await serveViewer(store, { patience: 50 });
  expect(await raw("GET / HTTP/1.1", "Host: 127.0")).toMatch(/^$|^HTTP\/1\.1 408 /);
  const body = await raw(
    `POST /api/sessions/${id}/organize HTTP/1.1`,
    `Host: 127.0.0.1:${viewer.port}`,
    `Origin: http://127.0.0.1:${viewer.port}`,
    `Cookie: ${cookie()}`,
    "Content-Type: application/json",
    "X-Astrid-Viewer: 1",
    "Content-Length: 1000",
    "",
    '{"title":',
  );
  expect(body).not.toMatch(/ 200 /);
  expect((await store.summary(id))?.title).toBe(null);
});

test("a change of more than 64 KB is refused while it comes", async () => {
  const response = await fetch(`http://127.0.0.1:${viewer.port}/api/sessions/${id}/organize`, {
    method: "POST",
    headers: {
      cookie: cookie(),
      origin: `http://127.0.0.1:${viewer.port}`,
      "content-type": "application/json",
      "x-astrid-viewer": "1",
    },
    body: JSON.stringify({ title: "x".repeat(70_000) }),
  });
  expect(response.status).toBe(413);
});

async function watch(headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: "127.0.0.1", port: viewer.port, path: `/api/events?session=${id}` },
    headers: { cookie: cookie(), ...headers },
  });
  asked.on("error", () => undefined).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response.setEncoding("utf8").on("error", () => undefined);
}

async function untilSays(response: IncomingMessage, wanted: RegExp): Promise<string> {
  let got = "";
  for await (const text of response as AsyncIterable<string>) if (wanted.test((got += text))) return got;
  throw new Error(`It ended behind ${JSON.stringify(got)}.`);
}

test("what is stored is told as it is stored, from behind the revision that a reader had", async () => {
  const told = untilSays(await watch({ "last-event-id": "1" }), /^data: .*"revision":2.*\n\n/m);
  await store.append(id, [Message.assistant("Hi")]);
  expect(await told).toContain('id: 2\nevent: changed\ndata: {"revision":2,"messageCount":2,"from":1}\n\n');
});

test("watching ends with the session, with the viewer, and when the reader goes", async () => {
  const removed = await watch({ "last-event-id": "1" });
  await store.delete(id, { trash: true });
  await untilSays(removed, /event: removed\ndata: \{\}\n\n/);

  id = await saved(store, [Message.user("Again")]);
  const gone = await watch({ "last-event-id": "0" });
  await untilSays(gone, /"revision":1/);
  const [watcher] = engine.watchers.slice(-1);
  gone.destroy();
  if (watcher?.aborted === false) await once(watcher, "abort");

  const left = await watch();
  const ended = new Promise((resolve) => left.resume().once("close", resolve));
  await viewer.close();
  await ended;
});
