import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { jsonEquals, jsonText, type Json } from "../../session/json.ts";

/** A value as the serializer made it: JSON where it is JSON, so that it can be read and compared; else its bytes. */
export type StoredValue = { readonly json: Json } | { readonly type: string; readonly base64: string };

export async function dump(serde: SerializerProtocol, value: unknown): Promise<StoredValue> {
  const dumped = await dumpText(serde, value);
  return "text" in dumped ? { json: JSON.parse(dumped.text) as Json } : dumped;
}

/** The same with JSON as it was written. */
export async function dumpText(
  serde: SerializerProtocol,
  value: unknown,
): Promise<{ readonly text: string } | Exclude<StoredValue, { readonly json: Json }>> {
  const [type, bytes] = await serde.dumpsTyped(value);
  const buffer = Buffer.from(bytes);
  return type === "json" ? { text: buffer.toString("utf8") } : { type, base64: buffer.toString("base64") };
}

/** The value anew: nobody else has it. */
export async function revive(serde: SerializerProtocol, stored: StoredValue): Promise<unknown> {
  if ("json" in stored) return await reviveText(serde, jsonText(stored.json));
  return (await serde.loadsTyped(
    stored.type,
    new Uint8Array(Buffer.from(stored.base64, "base64")),
  )) as unknown;
}

export async function reviveText(serde: SerializerProtocol, text: string): Promise<unknown> {
  return (await serde.loadsTyped("json", new TextEncoder().encode(text))) as unknown;
}

export function sameValue(left: StoredValue, right: StoredValue): boolean {
  return jsonEquals(left, right);
}
