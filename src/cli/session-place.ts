import { parseReference, type Reference } from "../faces/reference.ts";
import { usageError } from "./exit-code.ts";

/** `6113:800`, `6113:800@7`: a message of the session that begins with 6113. @throws {CommandError} */
export function sessionPlace(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    throw usageError((error as Error).message);
  }
}
