import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** One parameter, as JSON Schema has it. */
export type Parameter =
  | { readonly type: "boolean"; readonly description: string }
  | { readonly type: "string"; readonly description: string; readonly enum?: readonly string[] }
  | {
      readonly type: "integer";
      readonly description: string;
      readonly minimum?: number;
      readonly maximum?: number;
    };

/** Arguments that were checked against the tool's parameters. */
export interface Arguments {
  /** @throws {InvalidArgumentError} when it is not there. */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  optionalInteger(name: string): number | undefined;
  optionalFlag(name: string): boolean | undefined;
}

/** A tool of the server; what it returns is its answer as JSON. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly required: readonly string[];
  /** JSON Schema of the answer. */
  readonly output: JsonObject & { readonly type: "object" };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: false;
  };
  readonly call: (store: SessionStore, args: Arguments) => Promise<object>;
}

/** @throws {InvalidArgumentError} names the argument and what it must be. */
export function checkedArguments(tool: Tool, given: unknown): Arguments {
  const values: JsonObject = isJsonObject(given) ? given : {};
  for (const [name, value] of Object.entries(values)) {
    const parameter = Object.hasOwn(tool.parameters, name) ? tool.parameters[name] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(tool.parameters).join(", ");
      throw new InvalidArgumentError(
        `${tool.name} has no parameter ${JSON.stringify(name)}; it has ${known}.`,
      );
    }
    if (!fits(parameter, value)) {
      throw new InvalidArgumentError(`${name} must be ${expected(parameter)}.`);
    }
  }
  const missing = tool.required.find((name) => values[name] === undefined);
  if (missing !== undefined) throw new InvalidArgumentError(`${tool.name} needs ${missing}.`);
  const optionalText = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    optionalText,
    text(name) {
      const value = optionalText(name);
      if (value === undefined) throw new InvalidArgumentError(`${tool.name} needs ${name}.`);
      return value;
    },
    optionalInteger(name) {
      const value = values[name];
      return typeof value === "number" ? value : undefined;
    },
    optionalFlag(name) {
      const value = values[name];
      return typeof value === "boolean" ? value : undefined;
    },
  };
}

function fits(parameter: Parameter, value: unknown): boolean {
  if (parameter.type === "boolean") return typeof value === "boolean";
  if (parameter.type === "string")
    return typeof value === "string" && (parameter.enum === undefined || parameter.enum.includes(value));
  const { minimum = -Infinity, maximum = Infinity } = parameter;
  return Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
}

function expected(parameter: Parameter): string {
  if (parameter.type === "boolean") return "true or false";
  if (parameter.type === "string") return parameter.enum?.join(" or ") ?? "a string";
  const { minimum, maximum } = parameter;
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  return `a whole number${from}${maximum === undefined ? "" : ` to ${maximum}`}`;
}
