import { expect, test } from "vitest";
import { derivedSessionId } from "../../src/importers/identity.ts";
import { resumptionOf } from "../../src/importers/resume.ts";
import { withImportState } from "../../src/importers/store/import-state.ts";
import { AgentSession, parseSessionId, type SessionHead } from "../../src/index.ts";

const ID = parseSessionId("faff42ab-6ea5-4f78-b8c4-f7dd6272af08");

function head(format: string, file: string, further: Partial<SessionHead> = {}): SessionHead {
  const noted = { version: 1, within: null, bytes: 1, sha256: "x", read: 1, messages: 1, revision: 2 };
  const state = { format, file, ...noted, problems: 0, lossy: false, title: null, left: [] };
  const own = new AgentSession({ id: ID }).head();
  return { ...own, extra: withImportState({}, state, undefined), workspacePath: "/p", ...further };
}

test.each([
  ["claude-code", `/a/${ID}.jsonl`, ["claude", "--resume", ID], true],
  ["codex", `/a/rollout-2026-01-01T00-00-00-${ID}.jsonl.zst`, ["codex", "resume", ID], false],
  ["gemini", "/a/session-1.json", ["gemini", "--resume", ID], true],
  ["pi", "/a/-x.jsonl", ["pi", "--session", "/a/-x.jsonl"], true],
  ["copilot", `/a/${ID}/events.jsonl`, ["copilot", `--resume=${ID}`], false],
  ["qwen", `/a/${ID}.jsonl`, ["qwen", "--resume", ID], true],
  ["kimi-cli", `/a/${ID}/context.jsonl`, ["kimi", "--session", ID], false],
  ["cline", "/a/1733/1733.messages.json", ["cline", "--id", "1733"], false],
])("%s", (format, file, command, needsDirectory) => {
  expect(resumptionOf(ID, head(format, file), 2)).toMatchObject({
    ...{ command, needsDirectory, directory: "/p", file, isBehind: false },
  });
  expect(resumptionOf(ID, head(format, file), 3)).toMatchObject({ isBehind: true });
});

test.each([
  ["opencode", "/data/opencode.db", "ses_1", ["opencode", "--session", "ses_1"], true],
  [
    "goose",
    "/data/sessions.db",
    "20260110_1",
    ["goose", "session", "--resume", "--session-id", "20260110_1"],
    false,
  ],
  ["crush", "/p/.crush/crush.db", ID, ["crush", "--session", ID], true],
])("%s, by its own id", (format, file, own, command, needsDirectory) => {
  const named = head(format, file, { custom: { agent_session: own } });
  expect(resumptionOf(derivedSessionId(own), named, 2)).toMatchObject({ command, needsDirectory, file });
  const odd = head(format, file, { custom: { agent_session: "--yolo" } });
  expect(resumptionOf(derivedSessionId(own), odd, 2)).toMatchObject({
    why: expect.stringMatching(/\.$/) as string,
  });
});

test("what cannot be gone on with says why", () => {
  const derived = derivedSessionId("x");
  const whys = [
    resumptionOf(ID, head("openclaw", "/a"), 2),
    resumptionOf(ID, head("swe-agent", "/a"), 2),
    resumptionOf(ID, head("openai-chat", "/a"), 2),
    resumptionOf(ID, head("brand-new", "/a"), 2),
    // Only lines are read by today's version.
    resumptionOf(ID, head("qwen", "/a/session-1.json"), 2),
    resumptionOf(ID, head("claude-code", "/a", { parentId: ID }), 2),
    resumptionOf(derived, head("claude-code", "/a"), 2),
    resumptionOf(ID, head("codex", "/a", { custom: { diverged_from: ID } }), 2),
    // Its name would be an option, or more than one word.
    resumptionOf(ID, head("cline", "/a/--yolo.messages.json"), 2),
    resumptionOf(ID, head("cline", "/a/1; rm -rf ~.messages.json"), 2),
    resumptionOf(ID, new AgentSession({ id: ID }).head(), 1),
  ];
  for (const found of whys) expect(found).toEqual({ why: expect.stringMatching(/\.$/) as string });
});
