import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sessionMessages } from "./messages.ts";

/** As small as the sessions of a store of many, and as like each other. */
const MESSAGES = 6;
const BYTES = 2000;
const DIFFERENT = 200;
const PROJECTS = 20;

/** A home with so many sessions as Claude Code writes them, for programs that read those. */
export function makeClaudeHome(home: string, count: number): void {
  const bodies = Array.from({ length: DIFFERENT }, (_, seed) => sessionMessages(MESSAGES, BYTES, seed));
  for (let index = 0; index < count; index++) {
    const project = `/home/dev/project-${index % PROJECTS}`;
    const folder = join(home, ".claude/projects", project.replaceAll("/", "-"));
    if (index < PROJECTS) mkdirSync(folder, { recursive: true });
    const sessionId = `${String(index).padStart(8, "0")}-0000-4000-8000-000000000000`;
    const texts = (bodies[index % DIFFERENT] ?? []).map(({ content }) => content);
    const lines = [`Session number ${index}`, ...texts].map((content, at) =>
      JSON.stringify({
        type: at % 2 === 0 ? "user" : "assistant",
        message: { role: at % 2 === 0 ? "user" : "assistant", content },
        uuid: `${sessionId.slice(0, 24)}${String(at).padStart(12, "0")}`,
        parentUuid: at === 0 ? null : `${sessionId.slice(0, 24)}${String(at - 1).padStart(12, "0")}`,
        timestamp: new Date(1_700_000_000_000 + index * 60_000 + at * 1000).toISOString(),
        ...{ sessionId, cwd: project, version: "1.0.0", isSidechain: false, userType: "external" },
      }),
    );
    writeFileSync(join(folder, `${sessionId}.jsonl`), `${lines.join("\n")}\n`);
  }
}
