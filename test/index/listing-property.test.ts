import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListQuery, StorageEngine } from "../../src/engine/contract.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { scanned } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What may happen to a store; `who` picks the engine: 0 is the one whose listing is looked at. */
const step = fc.record({
  kind: fc.constantFrom(
    "create",
    "append",
    "tool",
    "retitle",
    "cut",
    "remove",
    "trash",
    "checkpoint",
    "restore",
    "edit document",
    "drop index",
    "tear",
    "reopen",
  ),
  who: fc.nat(1),
  session: fc.nat(5),
});

const query: fc.Arbitrary<ListQuery> = fc.record(
  {
    limit: fc.integer({ min: 1, max: 3 }),
    order: fc.constantFrom("updated" as const, "created" as const),
    includeSubagents: fc.boolean(),
    titleMatches: fc.constantFrom("1", "TITLE", "É", "nothing"),
    tag: fc.constantFrom("a", 'quo"te', "\ud800"),
    model: fc.constantFrom("m1", "m2"),
    workspace: fc.constantFrom({ path: "/w1" }, { path: "/w2", id: "i1" }, { id: "i1" }),
  },
  { requiredKeys: [] },
);

test("after every step, by whomever, a listing equals a scan of every file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), query, async (plan, wanted) => {
      using directory = temporaryDirectory();
      const root = join(directory.path, "s");
      const open = (): FileEngine => new FileEngine(root);
      const engines: [FileEngine, FileEngine] = [open(), open()];
      const ids: SessionId[] = [];
      let next = 0;
      for (const { kind, who, session } of plan) {
        const engine = engines[who] as FileEngine;
        const id = ids[session % Math.max(ids.length, 1)];
        if (kind === "reopen") {
          await engine.close();
          engines[who] = open();
        } else if (kind === "create" || id === undefined) ids.push(await create(engine, next++));
        else await apply(engine, root, id, kind, next++).catch(ignoreRefusal);
        // A new session's first checkpoint is written in the background; it counts to the bytes.
        for (const one of ids) await engines[1].checkpoint(one).catch(ignoreRefusal);
        const page = await engines[0].list({});
        expect(page.sessions).toEqual(await scanned(root));
        const whole = await scanned(root, { ...wanted, limit: undefined });
        expect(await allPages(engines[0], wanted)).toEqual(whole);
        const places = (await engines[0].workspacePlaces()).map(({ path, id }) => JSON.stringify([path, id]));
        const listed = page.sessions.filter(({ workspacePath }) => workspacePath !== null);
        expect(places.sort()).toEqual(
          [
            ...new Set(
              listed.map(({ workspacePath, workspaceId }) => JSON.stringify([workspacePath, workspaceId])),
            ),
          ].sort(),
        );
      }
      for (const engine of engines) await engine.close();
    }),
    { numRuns: 40 },
  );
});

async function create(engine: StorageEngine, number: number): Promise<SessionId> {
  const id = newSessionId();
  await engine.commit(id, {
    base: 0,
    splice: [0, 0, number % 3 === 0 ? [] : [Message.user(`first of ${number}`)]],
    set: {
      title: number % 4 === 0 ? null : `Title é ${number}`,
      createdAt: new Date(1e12 + (number % 5) * 1e6).toISOString(),
      tags: number % 2 === 0 ? ["a", 'quo"te'] : ["\ud800"],
      model: `m${number % 3}`,
      workspacePath: number % 3 === 0 ? null : `/w${number % 3}`,
      workspaceId: number % 2 === 0 ? "i1" : null,
      parentId: number % 3 === 1 ? newSessionId() : null,
    },
  });
  return id;
}

async function apply(
  engine: StorageEngine,
  root: string,
  id: SessionId,
  kind: string,
  number: number,
): Promise<void> {
  const document = join(root, `${id}.json`);
  switch (kind) {
    case "append":
      await engine.commit(id, { splice: ["end", 0, [Message.user(`said ${number}`)]] });
      return;
    case "tool":
      await engine.commit(id, {
        splice: ["end", 0, [Message.toolCalls([{ id: "1", name: "t", arguments: {} }])]],
      });
      return;
    case "retitle":
      await engine.commit(id, { set: { title: `again ${number}` } });
      return;
    case "cut": {
      const revision = (await engine.summary(id))?.revision;
      if (revision !== undefined) await engine.commit(id, { base: revision, splice: [1, 1, []] });
      return;
    }
    case "remove":
    case "trash":
      await engine.remove(id, { trash: kind === "trash" });
      return;
    case "restore":
      await engine.restore(id);
      return;
    case "checkpoint":
      await engine.checkpoint(id);
      return;
    case "edit document": {
      if (!existsSync(document)) return;
      const content = JSON.parse(readFileSync(document, "utf8")) as { metadata: { title?: string } };
      content.metadata.title = `edited ${number}`;
      writeFileSync(document, JSON.stringify(content));
      return;
    }
    case "tear":
      if (existsSync(join(root, `${id}.journal.jsonl`)))
        appendFileSync(join(root, `${id}.journal.jsonl`), '{"crc":"');
      return;
    case "drop index":
      for (const suffix of ["", "-wal", "-shm"]) rmSync(join(root, `index.sqlite${suffix}`), { force: true });
  }
}

async function allPages(engine: StorageEngine, wanted: ListQuery): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await engine.list({ ...wanted, cursor });
    found.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

function ignoreRefusal(error: unknown): void {
  const refused = ["SESSION_NOT_FOUND", "CONFLICT", "CORRUPT_SESSION"];
  if (!refused.includes((error as { code?: string }).code ?? "")) throw error;
}
