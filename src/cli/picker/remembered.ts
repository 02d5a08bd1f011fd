import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AstridHome } from "../../home/astrid-home.ts";
import type { Choice } from "./state.ts";

/** What the picker keeps from one time to the next: what Enter does, in `picker.json` of Astrid's home. */
export async function rememberedChoice(): Promise<Choice | undefined> {
  try {
    const { enter } = JSON.parse(await readFile(path(), "utf8")) as { enter?: unknown };
    return enter === "resume" || enter === "read" ? enter : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be kept, it is asked again. */
export async function remember(enter: Choice): Promise<void> {
  try {
    await mkdir(AstridHome.resolve().root, { recursive: true, mode: 0o700 });
    await writeFile(path(), `${JSON.stringify({ enter })}\n`, { mode: 0o600 });
  } catch {
    // A home that may not be written to.
  }
}

function path(): string {
  return join(AstridHome.resolve().root, "picker.json");
}
