import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../session/json/json.ts";
import type { Organized } from "../../../operations/organize.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { json, refuse } from "../respond.ts";

/** No change needs more. */
const LARGEST_BODY = 64 * 1024;

/** Changes of how a session is kept; none of what was said in it. */
export async function write(
  store: SessionStore,
  id: string,
  verb: string,
  request: Request,
): Promise<Response> {
  const body = await bodyOf(request);
  if (body === undefined) return refuse(413, "TOO_LARGE", "A change is at most 64 KB.");
  switch (verb) {
    case "organize":
      await store.organize(id, organizedIn(body));
      return json({ done: true });
    case "trash":
      return json({ done: await store.delete(id, { trash: true }) });
    case "restore":
      await store.restore(id);
      return json({ done: true });
    default:
      return refuse(404, "NOT_FOUND", "There is no such change.");
  }
}

/** The JSON of a request; `undefined` when it is too long. @throws {InvalidArgumentError} */
async function bodyOf(request: Request): Promise<JsonObject | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new InvalidArgumentError("The change is not JSON.");
  }
  if (!isJsonObject(value)) throw new InvalidArgumentError("A change is an object.");
  return value;
}

function organizedIn(body: JsonObject): Organized {
  const { title, addTags, removeTags, pinned, archived } = body;
  if (title !== undefined && title !== null && typeof title !== "string")
    throw new InvalidArgumentError("title is a text, or null.");
  return {
    title,
    addTags: textsIn(addTags, "addTags"),
    removeTags: textsIn(removeTags, "removeTags"),
    pinned: flagIn(pinned, "pinned"),
    archived: flagIn(archived, "archived"),
  };
}

function textsIn(value: Json | undefined, name: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw new InvalidArgumentError(`${name} is a list of texts.`);
  return value;
}

function flagIn(value: Json | undefined, name: string): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw new InvalidArgumentError(`${name} is true or false.`);
}
