import { expect, onTestFinished, test } from "vitest";
import { openInMemory } from "../../src/engine/file/index/index-database.ts";
import { Statements } from "../../src/engine/file/index/statements.ts";
import { SummaryTable } from "../../src/engine/file/index/summaries/summary-table.ts";
import { newSessionId } from "../../src/session/session-id.ts";

test("what was read earlier does not replace what another process has put since", () => {
  const { database } = openInMemory();
  onTestFinished(() => database.close());
  const summaries = new SummaryTable(new Statements(database));
  const id = newSessionId();
  expect(summaries.putOver(undefined, id, "1", { trashed: [] })).toBe(true);
  expect(summaries.putOver(undefined, id, "2", { trashed: [] })).toBe(false);
  expect(summaries.putOver("1", id, "2", "unreadable")).toBe(true);
  expect(summaries.putOver("1", id, "3", { trashed: [] })).toBe(false);
  expect(summaries.identityOf(id)).toBe("2");
  expect(summaries.unreadable()).toEqual([id]);
  expect(summaries.deleteThat("1", id)).toBe(false);
  expect(summaries.deleteThat(undefined, id)).toBe(false);
  expect(summaries.deleteThat("2", id)).toBe(true);
  expect(summaries.deleteThat("2", id)).toBe(true);
  expect(summaries.identityOf(id)).toBeUndefined();
});
