import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AstridHome, type Environment } from "../../home/astrid-home.ts";
import { isJsonObject } from "../../session/json/json.ts";
import { replaceFile } from "./replace-file.ts";
import type { Move } from "./path-text.ts";

/**
 * The moves that were made, in Astrid's home: sessions go on saying the path that they ran in, while their folder has a
 * new name.
 */
export class MadeMoves {
  readonly #path: string;

  constructor(env: Environment) {
    this.#path = join(AstridHome.resolve(env).root, "moved-projects.json");
  }

  /** The oldest first. */
  read(): readonly Move[] {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
      const moves: unknown = isJsonObject(value) ? value["moves"] : undefined;
      return (Array.isArray(moves) ? moves : []).flatMap((one: unknown): Move[] => {
        if (!isJsonObject(one)) return [];
        const { from, to } = one;
        return typeof from === "string" && typeof to === "string" ? [{ from, to }] : [];
      });
    } catch {
      // None was made here; then folders have to go by what their sessions say.
      return [];
    }
  }

  /** On disk when it resolves; a move that is made again is noted once. */
  async note({ from, to }: Move): Promise<void> {
    const moves = this.read();
    const last = moves.at(-1);
    if (last?.from === from && last.to === to) return;
    const text = `${JSON.stringify({ version: 1, moves: [...moves, { from, to }] }, undefined, 1)}\n`;
    await replaceFile(this.#path, Buffer.from(text));
  }
}
