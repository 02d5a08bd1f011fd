// Compiles consumers of the installed package under the settings that its users have: compilers from the oldest that
// is supported to the newest, both ways of resolving modules, with and without exact optional properties, and without
// Node's own types.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

const COMPILERS = {
  "typescript-5.9": "npm:typescript@~5.9.3",
  "typescript-6": "npm:typescript@~6.0.3",
  "typescript-newest": "npm:typescript@^7.0.2",
};
const NODE_TYPES = "@types/node@^24.0.0";

/** Every setting is strict; the library's own declarations are checked too. */
const SETTINGS = [
  { resolution: "nodenext", exact: false, nodeTypes: true },
  { resolution: "nodenext", exact: true, nodeTypes: true },
  { resolution: "bundler", exact: false, nodeTypes: true },
  { resolution: "bundler", exact: true, nodeTypes: true },
  // A program for the browser or for another runtime may not have them.
  { resolution: "nodenext", exact: false, nodeTypes: false },
];

/** What a consumer does first; it must mean the same under every setting. */
const FIRST_STEPS = `
import { AgentSession, Message, SessionStore, type Json, type SessionSummary } from "astrid-sessions";

export async function firstSteps(): Promise<string | null> {
  const store = new SessionStore("memory:");
  const session = new AgentSession({ systemPrompt: "Be brief", messages: [Message.user("Hello")] });
  const given: Message = { role: "user", content: [{ type: "text", text: "Hi" }], extra: { kept: true } };
  session.addMessage(given);
  const [first] = session.messages;
  const id: string | undefined = first?.id;
  const json: Json | undefined = first;
  await store.save(session);
  store.on("report", (report) => report.message.toUpperCase());
  const summary: SessionSummary | undefined = await store.summary(session.id);
  await store.close();
  return summary?.title ?? id ?? JSON.stringify(json ?? null);
}
`;

/** @param consumed names of modules, each of which is imported whole. */
function consumerOf(consumed, firstSteps) {
  const imports = consumed.map((module, i) => `import * as m${i} from ${JSON.stringify(module)};`);
  const list = consumed.map((_, i) => `m${i}`).join(", ");
  return `${imports.join("\n")}\n${firstSteps}\nexport const all: readonly object[] = [${list}];\n`;
}

/** Installs the compilers into the consumer's folder. */
export function installCompilers(app) {
  const packages = Object.entries(COMPILERS).map(([name, source]) => `${name}@${source}`);
  run(
    "npm",
    [
      ...["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-save"],
      ...[...packages, NODE_TYPES],
    ],
    { cwd: app, stdio: ["ignore", "pipe", "pipe"] },
  );
}

/**
 * Compiles a consumer of the modules under every setting.
 * @param options.skipLibCheck for modules that bring a framework's declarations, not all of which hold.
 */
export function typeCheck(app, consumed, { skipLibCheck }) {
  const file = join(app, "consumer.ts");
  writeFileSync(file, consumerOf(consumed, skipLibCheck ? "" : FIRST_STEPS));
  for (const compiler of Object.keys(COMPILERS)) {
    for (const { resolution, exact, nodeTypes } of SETTINGS) {
      // A framework's declarations are made for Node.
      if (skipLibCheck && !nodeTypes) continue;
      const flags = [
        ...["--noEmit", "--strict", "--target", "es2023", "--skipLibCheck", String(skipLibCheck)],
        ...["--module", resolution === "bundler" ? "esnext" : "nodenext", "--moduleResolution", resolution],
        ...["--exactOptionalPropertyTypes", String(exact)],
        // Where there are none, the compiler finds none by itself.
        ...(nodeTypes ? ["--types", "node"] : ["--typeRoots", join(app, "no-types")]),
      ];
      run("node", [join(app, "node_modules", compiler, "bin", "tsc"), ...flags, file], {
        cwd: app,
        stdio: ["ignore", "pipe", "pipe"],
      });
    }
    console.log(`type-checks: ${consumed.length} modules with ${compiler}`);
  }
}
