import type { ContentBlock } from "@agentclientprotocol/sdk";
import { isJsonObject, jsonText, type Json, type JsonObject } from "../../session/json/json.ts";
import { wellFormed } from "../../session/json/outgoing-text.ts";
import { attachmentOf, markOf } from "../../session/projection/attachment.ts";
import { MOST_CHARACTERS, piecesOf } from "./bounds.ts";

/** A block that was sent fits into an answer; in UTF-8 it stays below the 32 MiB that the SDK takes. */
const MOST_BLOCK = 8_000_000;

/** Keys of each type of block: those that it must have, as strings, and those that it may have. */
const BLOCKS: Readonly<Record<string, readonly [must: readonly string[], may: readonly string[]]>> = {
  text: [["text"], []],
  image: [["data", "mimeType"], ["uri"]],
  audio: [["data", "mimeType"], []],
  resource_link: [
    ["name", "uri"],
    ["description", "mimeType", "size", "title"],
  ],
};
const ANY = ["type", "annotations", "_meta"];

/**
 * The blocks of a prompt as they were stored, in their order, a long text in pieces; one that is too large to be told
 * again is told as what it is. `undefined` for what is no prompt of the protocol.
 */
export function promptBlocks(content: Json): ContentBlock[] | undefined {
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const blocks = content as readonly Json[];
  if (!blocks.every((block) => isJsonObject(block) && isBlock(block))) return undefined;
  return (blocks as readonly JsonObject[]).flatMap((block): ContentBlock[] => {
    const { type, text } = block;
    if (typeof text === "string" && text.length > MOST_CHARACTERS)
      return Array.from(piecesOf(text), (piece) => ({ type: "text", text: piece }));
    if (jsonText(block).length > MOST_BLOCK)
      return [{ type: "text", text: markOf(attachmentOf(type as string, block)) }];
    return [wellFormed(block) as unknown as ContentBlock];
  });
}

function isBlock(block: JsonObject): boolean {
  const { type, resource } = block;
  if (type === "resource") {
    if (!isJsonObject(resource) || !hasOnly(block, ["resource"])) return false;
    const holds = typeof resource["text"] === "string" ? "text" : "blob";
    return [resource["uri"], resource[holds]].every((value) => typeof value === "string");
  }
  const keys = typeof type === "string" && Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
  if (keys === undefined) return false;
  const [must, may] = keys;
  return must.every((key) => typeof block[key] === "string") && hasOnly(block, [...must, ...may]);
}

/** Whether it is the protocol's: other frameworks' parts have keys of their own beside the same type. */
function hasOnly(block: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(block).every((key) => ANY.includes(key) || keys.includes(key));
}
