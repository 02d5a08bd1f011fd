import { FrozenMark } from "./frozen-mark.ts";
import type { Json } from "./json.ts";
import { numberText } from "./number.ts";

/** Text to be written as it is, among values to be written as JSON. */
class Literal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON text of a value of any depth, each number with the text that it was read with. */
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
      const texts = FrozenMark.numberTexts(item);
      for (const [index, element] of [...elements.entries()].reverse()) {
        pending.push(asRead(element, texts?.get(String(index))));
        if (index > 0) pending.push(new Literal(","));
      }
    } else {
      out.push("{");
      pending.push(new Literal("}"));
      const texts = FrozenMark.numberTexts(item);
      for (const [index, [key, value]] of [...Object.entries(item).entries()].reverse()) {
        pending.push(
          asRead(value, texts?.get(key)),
          new Literal(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`),
        );
      }
    }
  }
  return out.join("");
}

function asRead(value: Json, text: string | undefined): Json | Literal {
  return text === undefined ? value : new Literal(text);
}
