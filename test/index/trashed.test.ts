import { expect, onTestFinished, test } from "vitest";
import { DamagedIndex } from "../../src/engine/file/index/index-trouble.ts";
import { openInMemory } from "../../src/engine/file/index/index-database.ts";
import { Statements } from "../../src/engine/file/index/statements.ts";
import { SummaryTable } from "../../src/engine/file/index/summaries/summary-table.ts";
import type { TrashedLife } from "../../src/engine/file/read/trashed-lives.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import type { SessionSummary } from "../../src/session/summary/summary.ts";

const NOW = new Date("2026-06-06T06:06:06.000Z");

function table(): { summaries: SummaryTable; statements: Statements } {
  const { database } = openInMemory();
  onTestFinished(() => database.close());
  const statements = new Statements(database);
  return { summaries: new SummaryTable(statements), statements };
}

function life(removedAt: string | undefined, title: string): TrashedLife {
  return {
    removedAt,
    title,
    messageCount: 3,
    bytes: 70,
    parentId: null,
    checksum: undefined,
    why: undefined,
  };
}

function summary(id: SessionId): SessionSummary {
  const times = { createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" };
  const none = {
    workspacePath: null,
    workspaceId: null,
    parentId: null,
    model: null,
    title: null,
    autoTitle: null,
    prompts: null,
    branch: null,
  };
  const counts = { revision: 1, messageCount: 1, takenOver: 0, tokenCount: 0, takenOverTokens: 0, bytes: 1 };
  return {
    id,
    tags: [],
    userId: "0",
    custom: {},
    source: "astrid",
    lastMessagePreview: null,
    held: null,
    ...times,
    ...none,
    ...counts,
  };
}

test("lives in the trash are told, the one removed last first, and are in no listing", async () => {
  const { summaries } = table();
  const [used, gone, foreign] = [newSessionId(), newSessionId(), newSessionId()];
  summaries.put(used, "1", {
    summary: summary(used),
    trashed: [life("2026-03-03T00:00:00.000Z", "third"), life("2026-01-01T00:00:00.000Z", "first")],
  });
  summaries.put(gone, "1", { trashed: [life("2026-02-02T00:00:00.000Z", "second")] });
  summaries.put(foreign, "1", { trashed: [life(undefined, "by someone else")] });
  expect(summaries.trashed(NOW)).toEqual([
    {
      id: foreign,
      removedAt: NOW.toISOString(),
      title: "by someone else",
      messageCount: 3,
      bytes: 70,
      parentId: null,
    },
    {
      id: used,
      removedAt: "2026-03-03T00:00:00.000Z",
      title: "third",
      messageCount: 3,
      bytes: 70,
      parentId: null,
    },
    {
      id: gone,
      removedAt: "2026-02-02T00:00:00.000Z",
      title: "second",
      messageCount: 3,
      bytes: 70,
      parentId: null,
    },
    {
      id: used,
      removedAt: "2026-01-01T00:00:00.000Z",
      title: "first",
      messageCount: 3,
      bytes: 70,
      parentId: null,
    },
  ]);
  expect((await summaries.page({})).sessions.map(({ id }) => id)).toEqual([used]);

  summaries.put(used, "2", { summary: summary(used), trashed: [] });
  summaries.put(gone, "2", "unreadable");
  expect(summaries.trashed(NOW).map(({ id }) => id)).toEqual([foreign]);
});

test("to tell what is in the trash, no other session is looked at", () => {
  const { statements } = table();
  const plan = statements
    .of("EXPLAIN QUERY PLAN SELECT id, summary, trashed, checksum FROM sessions WHERE trashed IS NOT NULL")
    .all();
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining("INDEX trashed_sessions")]);
});

test.each([
  "trashed = replace(trashed, 'third', 'other')",
  "trashed = x'00'",
  "summary = x'00'",
  "checksum = 1",
])("a row that was changed within is not believed: %s", (change) => {
  const { summaries, statements } = table();
  const id = newSessionId();
  summaries.put(id, "1", { summary: summary(id), trashed: [life("2026-03-03T00:00:00.000Z", "third")] });
  statements.of(`UPDATE sessions SET ${change}`).run();
  expect(() => summaries.trashed(NOW)).toThrow(DamagedIndex);
});
