import type { Message, SessionStore } from "../../src/index.ts";
import { AgentSession } from "../../src/index.ts";
import { createViewer, newToken, type Viewer, type ViewerOptions } from "../../src/viewer.ts";

export const ORIGIN = "http://127.0.0.1:4711";
export const TOKEN = newToken();
const COOKIE = `astrid-viewer-4711=${TOKEN}`;

/** What a browser sends with what its own page asks for. */
export const FROM_PAGE = { host: "127.0.0.1:4711", cookie: COOKIE, "sec-fetch-site": "same-origin" };
export const FOR_WRITES = {
  ...FROM_PAGE,
  origin: ORIGIN,
  "content-type": "application/json",
  "x-astrid-viewer": "1",
};

export function viewerOf(store: SessionStore, options: Partial<ViewerOptions> = {}): Viewer {
  return createViewer(store, { origins: [ORIGIN], token: TOKEN, ...options });
}

export async function get(viewer: Viewer, path: string, headers: Record<string, string> = FROM_PAGE) {
  return await viewer.fetch(new Request(`${ORIGIN}${path}`, { headers }));
}

/** What the page gets. */
export async function getJson<T>(viewer: Viewer, path: string): Promise<T> {
  const response = await get(viewer, path);
  return (await response.json()) as T;
}

export async function post(
  viewer: Viewer,
  path: string,
  body: unknown,
  headers: Record<string, string> = FOR_WRITES,
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await viewer.fetch(new Request(`${ORIGIN}${path}`, { method: "POST", headers, body: text }));
}

export async function saved(
  store: SessionStore,
  messages: readonly Message[],
  about: {
    title?: string;
    tags?: string[];
    model?: string;
    source?: string;
    workspacePath?: string;
    parentId?: string;
  } = {},
): Promise<string> {
  const { title, tags, model, source, workspacePath, parentId } = about;
  const session = new AgentSession({
    systemPrompt: "Be brief",
    messages: [...messages],
    ...(workspacePath === undefined ? {} : { workspacePath }),
    ...(model === undefined ? {} : { model }),
    ...(parentId === undefined ? {} : { parentId }),
  });
  if (title !== undefined) session.metadata.title = title;
  if (tags !== undefined) session.metadata.tags = tags;
  if (source !== undefined) session.metadata.custom["source"] = source;
  await store.save(session);
  return session.id;
}
