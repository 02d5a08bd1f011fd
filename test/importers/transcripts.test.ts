import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const shared = fileURLToPath(new URL("../../../shared/transcripts/", import.meta.url));
const elsewhere = process.env["SHARED_TRANSCRIPTS"];
const folder = elsewhere ?? shared;
const place = importPlace();

interface Row {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly message?: { id: string; content: string | Row[]; model: string; usage?: Record<string, number> };
}

/** Objects that stand on lines of their own, or glued together: found by cutting in front of each `{"`. */
function rowsOf(path: string): Row[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line): Row[] => {
      try {
        return line.trim() === "" ? [] : [JSON.parse(line) as Row];
      } catch {
        const cuts = [...line.matchAll(/\}\{"/g)].map((match) => match.index + 1);
        for (const cut of cuts) {
          try {
            return [JSON.parse(line.slice(0, cut)) as Row, JSON.parse(line.slice(cut)) as Row];
          } catch {
            // Not here.
          }
        }
        return [];
      }
    });
}

/** An independent reading of a transcript of Claude Code: what counts, without the importer's means. */
function claudeFacts(path: string) {
  const rows = new Map(rowsOf(path).map((row, index) => [row["uuid"] ?? index, row]));
  const answers = new Map<string, NonNullable<Row["message"]>>();
  const calls = new Set<unknown>();
  let prompts = 0;
  for (const row of rows.values()) {
    const { type, message, isMeta, isCompactSummary } = row;
    if (message === undefined) continue;
    if (type === "assistant") {
      answers.set(`${message.id} ${String(row["requestId"])}`, message);
      for (const part of message.content as Row[]) if (part.type === "tool_use") calls.add(part["id"]);
    }
    if (type !== "user" || isMeta === true || isCompactSummary === true) continue;
    const { content } = message;
    const text =
      typeof content === "string"
        ? content
        : content.map((part) => (part["text"] as string | undefined) ?? "").join("");
    const isCommand = /^<(command-|bash-|local-command)|^\[Request interrupted/.test(text);
    if (
      (text !== "" && !isCommand) ||
      (Array.isArray(content) && content.some((part) => part.type === "image"))
    )
      prompts++;
  }
  const sum = (key: string): number =>
    [...answers.values()]
      .filter(({ model }) => model !== "<synthetic>")
      .reduce((total, { usage }) => total + (usage?.[key] ?? 0), 0);
  return {
    ...{ prompts, answers: answers.size, calls: calls.size },
    tokens: ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map(
      sum,
    ),
  };
}

function names(agent: string): string[] {
  const path = join(folder, agent);
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

const claude = names("claude-code");
const isThere = claude.length > 0;

test.skipIf(!isThere)(
  "REAL TRANSCRIPTS of Claude Code (skipped where ../shared/transcripts is missing): counts and tokens as an independent reading has them",
  async () => {
    for (const path of claude) {
      const { sessionId, lossy } = await place.import(path);
      const session = await place.session(sessionId);
      expect(lossy).toBe(false);
      const rows = (session.extra["usage"] as unknown as { tokens: number[][] }).tokens.map((row) =>
        row.slice(2),
      );
      const found = {
        prompts: session.metadata.turnCount,
        answers: session.messages.filter(({ role }) => role === "assistant").length,
        calls: session.metadata.toolCallCount,
        tokens: [0, 1, 2, 3].map((column) => rows.reduce((total, row) => total + (row[column] ?? 0), 0)),
      };
      expect([path, found]).toEqual([path, claudeFacts(path)]);
      expect(session.metadata.title).not.toBeNull();
    }
  },
  60_000,
);

test.skipIf(!isThere)(
  "REAL TRANSCRIPTS (skipped where ../shared/transcripts is missing): every file comes back byte for byte",
  async () => {
    for (const agent of readdirSync(folder)) {
      for (const path of agent.includes(".") ? [] : names(agent)) {
        const { sessionId } = await place.import(path);
        const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
        expect([path, digest(await place.original(sessionId))]).toEqual([path, digest(readFileSync(path))]);
        expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
      }
    }
  },
  60_000,
);
