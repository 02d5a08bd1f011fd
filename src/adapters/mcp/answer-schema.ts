import type { JsonObject } from "../../session/json/json.ts";

/** JSON Schema of what the tools answer. */
export const TEXT = { type: "string" } as const;
export const INTEGER = { type: "integer" } as const;
const TEXT_OR_NULL = { type: ["string", "null"] } as const;

export function object(
  properties: JsonObject,
  required: readonly string[],
): JsonObject & { readonly type: "object" } {
  return { type: "object", properties, required };
}

export function arrayOf(items: JsonObject): JsonObject {
  return { type: "array", items };
}

export const SESSION = object(
  {
    ...{ id: TEXT, title: TEXT_OR_NULL, source: TEXT, updatedAt: TEXT, messageCount: INTEGER },
    revision: INTEGER,
    ...{
      workspace: TEXT_OR_NULL,
      model: TEXT_OR_NULL,
      parentId: TEXT_OR_NULL,
      lastMessagePreview: TEXT_OR_NULL,
    },
  },
  ["id", "title", "source", "updatedAt", "messageCount"],
);

export const HIT = object(
  {
    ...{ id: TEXT, title: TEXT_OR_NULL, snippet: TEXT, updatedAt: TEXT },
    ...{ position: INTEGER, reference: TEXT, role: TEXT },
  },
  ["id", "snippet"],
);

export const MESSAGE = object(
  { position: INTEGER, role: TEXT, at: TEXT, text: TEXT, charactersLeft: INTEGER },
  ["position", "role", "text"],
);

/** Arguments that go on where an answer ends. */
export const NEXT = object({ from: INTEGER, offset: INTEGER, revision: INTEGER }, ["from"]);

/** How many finds to pass over, to go on where an answer ends. */
export const NEXT_FINDS = object({ skip: INTEGER }, ["skip"]);
