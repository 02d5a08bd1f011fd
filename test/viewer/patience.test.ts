import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { FileEngine, MemoryEngine, Message, SessionStore } from "../../src/index.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import type { SessionList } from "../../src/viewer/shapes.ts";
import { serveViewer, type ServedViewer } from "../../src/viewer.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { saved } from "./sample-store.ts";

const COUNT = 20_000;
const TEXT = "x".repeat(10_000);

/** Has one session of 200 MB, of which each message is made when it is asked for. */
class LargeEngine extends MemoryEngine {
  made = 0;
  ended = 0;

  override async snapshot(
    ...args: Parameters<MemoryEngine["snapshot"]>
  ): ReturnType<MemoryEngine["snapshot"]> {
    const snapshot = await super.snapshot(...args);
    if (snapshot === undefined) return undefined;
    return {
      ...snapshot,
      messageCount: COUNT,
      messages: () => this.#messages(),
      close: () => snapshot.close(),
    };
  }

  async *#messages(): ReturnType<NonNullable<Awaited<ReturnType<MemoryEngine["snapshot"]>>>["messages"]> {
    try {
      for (let position = 0; position < COUNT; position++) {
        this.made++;
        yield { position, message: Message.user(TEXT) };
      }
    } finally {
      this.ended++;
    }
  }
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function ask(viewer: ServedViewer, path: string): Promise<IncomingMessage> {
  const token = new URL(viewer.url).searchParams.get("token") ?? "";
  const asked = request({
    ...{ host: "127.0.0.1", port: viewer.port, path },
    // A connection of its own each time.
    agent: false,
    headers: { cookie: `astrid-viewer-${viewer.port}=${token}` },
  });
  asked.on("error", () => undefined).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response.on("error", () => undefined);
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}

test("of a large export no more is read than a reader takes, and it ends with the reader", async () => {
  const engine = new LargeEngine();
  const store = new SessionStore(engine, { closeEngine: true });
  open.push(store);
  const id = await saved(store, [Message.user("Hello")]);
  const viewer = await serveViewer(store);
  open.push(viewer);

  const stalled = await ask(viewer, `/api/sessions/${id}/export`);
  stalled.pause();
  // Others are answered meanwhile, and what waits is not read on: what the sockets take is all that was made.
  for (let round = 0; round < 50; round++) {
    const { sessions } = JSON.parse(await textOf(await ask(viewer, "/api/sessions"))) as SessionList;
    expect(sessions.map((session) => session.id)).toEqual([id]);
  }
  expect(engine.made).toBeGreaterThan(0);
  expect(engine.made).toBeLessThan(COUNT / 5);
  const before = engine.made;
  // Who goes on reading gets more of it.
  let got = 0;
  for await (const chunk of stalled as AsyncIterable<Buffer>) {
    got += chunk.length;
    if (engine.made > before + 1000) break;
  }
  expect(got).toBeGreaterThan(1_000_000);
  stalled.destroy();
  await vi.waitFor(() => expect(engine.ended).toBe(1));

  // Neither does one who reads nothing keep the viewer from its end.
  (await ask(viewer, `/api/sessions/${id}/export`)).pause();
  await viewer.close();
  await vi.waitFor(() => expect(engine.ended).toBe(2));
});

/** Counts what is asked of the disk. */
class CountingDisk extends RealDisk {
  asked = 0;

  override stat(path: string): ReturnType<RealDisk["stat"]> {
    this.asked++;
    return super.stat(path);
  }

  override list(path: string): ReturnType<RealDisk["list"]> {
    this.asked++;
    return super.list(path);
  }

  override openToRead(path: string): ReturnType<RealDisk["openToRead"]> {
    this.asked++;
    return super.openToRead(path);
  }
}

test("while nothing happens nothing is done, however long somebody looks", async () => {
  const disk = new CountingDisk();
  const store = new SessionStore(new FileEngine(temporaryDirectory(), { disk }), { closeEngine: true });
  open.push(store);
  const id = await saved(store, [Message.user("Hello")]);
  const viewer = await serveViewer(store);
  open.push(viewer);
  const list = await ask(viewer, "/api/events");
  const session = await ask(viewer, `/api/events?session=${id}`);
  const told = once(list.setEncoding("utf8"), "data");
  await Promise.all([told, once(session, "data"), textOf(await ask(viewer, "/api/sessions"))]);
  // Both are watching once both have told of this.
  const heard = Promise.all([untilSays(list, "event: row"), untilSays(session, "event: changed")]);
  await store.append(id, [Message.assistant("Hi")]);
  await heard;

  const before = disk.asked;
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "Date", "performance"] });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(disk.asked).toBe(before);
  vi.useRealTimers();
  const again = untilSays(list, "event: row");
  await store.append(id, [Message.user("Still there?")]);
  await again;
});

async function untilSays(response: IncomingMessage, wanted: string): Promise<void> {
  let got = "";
  while (!got.includes(wanted)) got += String((await once(response, "data"))[0]);
}

test("a second viewer of the same store shows what is done in the first", async () => {
  const directory = temporaryDirectory();
  const stores = [new SessionStore(directory), new SessionStore(directory)] as const;
  open.push(...stores);
  const [first, second] = [await serveViewer(stores[0]), await serveViewer(stores[1])];
  open.push(first, second);
  const id = await saved(stores[0], [Message.user("Hello")], { title: "Before" });
  const titles = async (): Promise<(string | null)[]> => {
    const { sessions } = JSON.parse(await textOf(await ask(second, "/api/sessions"))) as SessionList;
    return sessions.map(({ title }) => title);
  };
  expect(await titles()).toEqual(["Before"]);
  const watching = await ask(second, "/api/events?session=" + id);
  await once(watching, "data");
  const told = untilSays(watching, "event: changed");
  const token = new URL(first.url).searchParams.get("token") ?? "";
  const response = await fetch(`http://127.0.0.1:${first.port}/api/sessions/${id}/organize`, {
    method: "POST",
    headers: {
      cookie: `astrid-viewer-${first.port}=${token}`,
      origin: `http://127.0.0.1:${first.port}`,
      "content-type": "application/json",
      "x-astrid-viewer": "1",
    },
    body: JSON.stringify({ title: "After" }),
  });
  expect(response.status).toBe(200);
  await told;
  expect(await titles()).toEqual(["After"]);
});
