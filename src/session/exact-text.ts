import type { Json } from "./json.ts";

/** Text to be written as it is, among values to be written as JSON. */
class Literal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON text of a value of any depth, with `-0` and numbers beyond the double range as a file may hold them. */
export function exactText(root: Json): string {
  const out: string[] = [];
  const pending: (Json | Literal)[] = [root];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (item instanceof Literal) {
      out.push(item.text);
    } else if (typeof item === "number") {
      out.push(numberText(item));
    } else if (typeof item !== "object" || item === null) {
      out.push(JSON.stringify(item));
    } else if (Array.isArray(item)) {
      const elements = item as readonly Json[];
      out.push("[");
      pending.push(new Literal("]"));
      for (const [index, element] of [...elements.entries()].reverse()) {
        pending.push(element);
        if (index > 0) pending.push(new Literal(","));
      }
    } else {
      out.push("{");
      pending.push(new Literal("}"));
      for (const [index, [key, value]] of [...Object.entries(item).entries()].reverse()) {
        pending.push(value, new Literal(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`));
      }
    }
  }
  return out.join("");
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "1e999" : "-1e999";
}
