import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { jsonEquals, jsonText, type Json } from "../../session/json/json.ts";
import { whatIsLost } from "./what-is-lost.ts";

/** A value as the serializer made it: JSON where it is JSON, so that it can be read and compared; else its bytes. */
export type StoredValue = { readonly json: Json } | { readonly type: string; readonly base64: string };

/** @param name what is told of it when it cannot be stored. */
export async function dump(serde: SerializerProtocol, value: unknown, name: string): Promise<StoredValue> {
  const dumped = await dumpText(serde, value, name);
  return "text" in dumped ? { json: JSON.parse(dumped.text) as Json } : dumped;
}

/**
 * The same with JSON as it was written. The serializer is called before this returns, so that what the caller changes
 * afterwards is not stored.
 * @throws {InvalidArgumentError} when LangGraph's serializer gives up on the value.
 */
export async function dumpText(
  serde: SerializerProtocol,
  value: unknown,
  name: string,
): Promise<{ readonly text: string } | Exclude<StoredValue, { readonly json: Json }>> {
  const [type, bytes] = await dumps(serde, value, name);
  const buffer = Buffer.from(bytes);
  if (type !== "json") return { type, base64: buffer.toString("base64") };
  const text = buffer.toString("utf8");
  const lost = whatIsLost(value, text);
  if (lost !== undefined) throw notStorable(name, lost);
  return { text };
}

async function dumps(serde: SerializerProtocol, value: unknown, name: string): Promise<[string, Uint8Array]> {
  try {
    return await serde.dumpsTyped(value);
  } catch (error) {
    if (error instanceof RangeError) throw notStorable(name, "it is nested too deeply", { cause: error });
    throw error;
  }
}

function notStorable(name: string, lost: string, options?: ErrorOptions): InvalidArgumentError {
  return new InvalidArgumentError(
    `${name} cannot be stored: ${lost}, and LangGraph's serializer would lose it. Nothing was stored; ` +
      `make it plain JSON before you return it, or give the saver a serializer that keeps it.`,
    options,
  );
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
