import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleSource, packed, Project } from "./installed.ts";
import { ADAPTERS } from "./table.ts";
import { isInRange, PEERS } from "../../src/adapters/peers.ts";

const folders: string[] = [];
let tarball: string;
let bare: Project;

function project(...packages: readonly string[]): Project {
  const made = new Project(tarball, ...packages);
  folders.push(made.folder);
  return made;
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "astrid-peers-"));
  folders.push(folder);
  tarball = packed(folder);
  bare = project();
}, 300_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test("every adapter that is exported has its row", () => {
  const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  const adapters = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "object" && target.default.startsWith("./dist/adapters/") ? [path.slice(2)] : [],
  );
  expect(ADAPTERS.map(({ adapter }) => adapter).sort()).toEqual(adapters.sort());
});

describe("an installation without any framework", () => {
  test("has none of them, and the package's root works", () => {
    for (const peer of ADAPTERS.flatMap(({ peers }) => peers))
      expect(() => bare.version(peer)).toThrow("ENOENT");
    const source = `
      import { AgentSession, Message, SessionStore } from "astrid-sessions";
      await using store = new SessionStore(process.argv[2]);
      await store.save(new AgentSession({ messages: [Message.user("Hello")] }));
      console.log((await store.list()).length);`;
    expect(bare.run(source)).toBe("1\n");
  });

  test.each(ADAPTERS)(
    "$adapter: works without, or says in a sentence what to install",
    ({ adapter, peers }) => {
      const source = `console.log(await import("astrid-sessions/${adapter}").then(
      () => "loaded",
      (error) => error.code + ": " + error.message));`;
      const said = bare.run(source);
      if (said !== "loaded\n")
        expect(said).toMatch(new RegExp(`^PEER_MISSING: .*npm install .*${peers[0] ?? ""}`));
    },
  );

  test("claude-agent-sdk: the first append says what to install", () => {
    const source = `
      import { SessionStore } from "astrid-sessions";
      import { claudeSessionStore } from "astrid-sessions/claude-agent-sdk";
      const store = claudeSessionStore(new SessionStore("memory:"));
      await store.append({ projectKey: "p", sessionId: "s" }, [{ type: "x" }]).catch((error) => console.log(error.message));`;
    expect(bare.run(source)).toBe(
      "This adapter needs @anthropic-ai/claude-agent-sdk, which is not installed. " +
        "Install it: npm install @anthropic-ai/claude-agent-sdk (with -g, where astrid-sessions was installed with -g)\n",
    );
  });
});

describe.each(ADAPTERS)(
  "$adapter: the example runs with",
  ({ adapter, peers, besides = [], besidesLowest = besides, omitOptional }) => {
    const options = omitOptional === true ? ["--omit=optional"] : [];
    test("the lowest version that package.json allows", () => {
      const lowest = project(
        ...peers.map((peer) => `${peer}@${PEERS[peer].from}`),
        ...besidesLowest,
        ...options,
      );
      for (const peer of peers) expect(lowest.version(peer)).toBe(PEERS[peer].from);
      expect(lowest.run(exampleSource(adapter))).not.toBe("");
    });

    test("the newest version", () => {
      const newest = project(...peers.map((peer) => `${peer}@latest`), ...besides, ...options);
      console.log(peers.map((peer) => `${peer} ${newest.version(peer)}`).join(", "));
      for (const peer of peers) expect(isInRange(newest.version(peer), PEERS[peer])).toBe(true);
      expect(newest.run(exampleSource(adapter))).not.toBe("");
    });
  },
);

describe.each(ADAPTERS.filter(({ tooOld }) => tooOld !== undefined))(
  "$adapter: named with what works is",
  ({ adapter, peers: [peer], tooOld = "", begins = "", omitOptional }) => {
    const options = omitOptional === true ? ["--omit=optional"] : [];
    const source = `
      import { SessionStore } from "astrid-sessions";
      const store = new SessionStore("memory:");
      try {
        const adapter = await import("astrid-sessions/${adapter}");
        ${begins};
      } catch (error) {
        console.log(error.code, error.message);
      }`;

    test("a version that is too old", () => {
      // npm itself refuses it beside this package, unless it is told not to care.
      const old = project(`${peer}@${tooOld}`, "--legacy-peer-deps", ...options);
      const { from, below } = PEERS[peer];
      expect(old.run(source)).toBe(
        `PEER_VERSION This adapter works with ${peer} from ${from} to below ${below}, but ${tooOld} is installed. ` +
          `Install one that works: npm install "${peer}@>=${from} <${below}" (with -g, where astrid-sessions was installed with -g)\n`,
      );
    });

    test("a version that is too new, of which there is none yet: the newest says that it is one", () => {
      const tomorrow = project(`${peer}@latest`, ...options);
      tomorrow.pretendVersion(peer, PEERS[peer].below);
      expect(tomorrow.run(source)).toContain(`but ${PEERS[peer].below} is installed`);
    });
  },
);
