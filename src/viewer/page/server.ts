import type { Problem } from "../shapes.ts";

/** What the server refused, or that it is not there. */
class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Asks the server; `path` stands below `api/`. @throws {ServerError} */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await answered(path, signal === undefined ? {} : { signal })) as T;
}

/** Has something changed. @throws {ServerError} */
export async function change(
  id: string,
  verb: "organize" | "trash" | "restore",
  body: object,
): Promise<void> {
  await answered(`sessions/${id}/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-astrid-viewer": "1" },
    body: JSON.stringify(body),
  });
}

async function answered(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`api/${path}`, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ServerError(
      "UNREACHABLE",
      "The viewer is not running any more. Start it again, and open its new address.",
    );
  }
  const value: unknown = await response.json();
  if (response.ok) return value;
  const { error } = value as Problem;
  throw new ServerError(error.code, error.message);
}

/** Whether an error only says that nobody waits for the answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Listens to what is stored while the page is looked at: a page in the background takes no connection, and hears of what
 * it missed when it is looked at again.
 * @param path asked for anew each time.
 * @returns ends it.
 */
export function listen(
  path: () => string,
  on: Readonly<Record<string, (data: unknown) => void>>,
): () => void {
  let source: EventSource | undefined;
  const open = (): void => {
    source = new EventSource(`api/${path()}`);
    for (const [name, told] of Object.entries(on))
      source.addEventListener(name, (event: MessageEvent<string>) => {
        told(JSON.parse(event.data));
      });
  };
  const look = (): void => {
    source?.close();
    source = undefined;
    if (document.visibilityState === "visible") open();
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    source?.close();
  };
}
