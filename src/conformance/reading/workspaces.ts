import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { create, nextMillisecond, numbered, withoutBytes } from "../samples.ts";

/** Sessions by their titles, each with its path and id. */
type Stored = Record<string, readonly [path: string | null, id?: string | null]>;

async function storeWith(engine: StorageEngine, sessions: Stored): Promise<SessionStore> {
  for (const [title, [workspacePath, workspaceId = null]] of Object.entries(sessions)) {
    await create(engine, numbered(2), { title, workspacePath, workspaceId });
    await nextMillisecond();
  }
  return new SessionStore(engine);
}

/** Of the sessions of a workspace, however they are asked for. */
async function titles(store: SessionStore, path: string): Promise<string> {
  const found = joined(await store.listForWorkspace(path));
  const workspace = await store.workspaceAt(path);
  const paged: SessionSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ workspace, limit: 1, cursor });
    paged.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.equal(joined(paged), found);
  if (store.engine.capabilities.search) {
    const hits = await store.search("message", { workspace, limit: 1000 });
    assert.equal(joined([...new Map(hits.map((hit) => [hit.id, hit])).values()]), found);
  }
  return found;
}

function joined(titled: readonly { readonly title: string | null }[]): string {
  return titled
    .map(({ title }) => title)
    .sort()
    .join(" ");
}

async function within(work: (root: string) => Promise<void>): Promise<void> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "astrid-workspaces-")));
  try {
    await work(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function project(path: string, id?: string): Promise<string> {
  await mkdir(join(path, ".astrid"), { recursive: true });
  if (id !== undefined) await writeFile(join(path, ".astrid", "workspace-id"), id);
  return path;
}

/** A repository's main work tree and another one, as git lays them out. */
async function workTrees(root: string): Promise<[main: string, linked: string]> {
  const [main, linked] = [join(root, "main"), join(root, "linked")];
  const own = join(main, ".git", "worktrees", "linked");
  await mkdir(own, { recursive: true });
  await mkdir(linked);
  await writeFile(join(own, "commondir"), "../..\n");
  await writeFile(join(linked, ".git"), `gitdir: ${own}\n`);
  return [main, linked];
}

export const workspaces: Chapter = {
  title: "workspaces",
  guarantees(guarantee) {
    guarantee("each is told once, the one that was used last first, with counts", async (engine) => {
      const id = newSessionId();
      const store = await storeWith(engine, {
        a: ["/gone/one"],
        b: ["/gone/two", id],
        c: ["/gone/one"],
        d: [null],
        e: [null, id],
      });
      const found = await store.workspaces();
      assert.deepEqual(
        found.map(({ bytes: _, updatedAt: __, ...rest }) => rest),
        [
          ...[
            { id, path: "/gone/two", paths: ["/gone/two"], sessionCount: 2, messageCount: 4, exists: false },
          ],
          ...[{ id: null, path: "/gone/one", paths: ["/gone/one"] }].map((one) => ({
            ...one,
            ...{ sessionCount: 2, messageCount: 4, exists: false },
          })),
        ],
      );
      const latest = (await store.list({})).sessions;
      assert.equal(found[0]?.updatedAt, latest.find(({ title }) => title === "e")?.updatedAt);
      assert.equal(found[1]?.updatedAt, latest.find(({ title }) => title === "c")?.updatedAt);
    });

    guarantee("an empty place has none", async (engine) => {
      assert.deepEqual(await new SessionStore(engine).workspaces(), []);
    });

    guarantee("names that look alike are different projects", async (engine) => {
      const paths = ["/w/a-b", "/w/a_b", "/w/a/b", "/w/a b", "/w/A-b", "/w/a-b2", "/w/a%2db"];
      const store = await storeWith(engine, Object.fromEntries(paths.map((path) => [path, [path]])));
      assert.equal((await store.workspaces()).length, paths.length);
      for (const path of paths) assert.equal(await titles(store, path), path);
    });

    guarantee("a renamed project is found by its id, and a path that another took is not its own", (engine) =>
      within(async (root) => {
        const [old, moved] = [join(root, "old"), join(root, "moved")];
        const [id, other] = [newSessionId(), newSessionId()];
        const store = await storeWith(engine, { before: [old, id], after: [moved, id], unnamed: [old] });
        await project(old, id);
        await rename(old, moved);
        assert.equal(await titles(store, moved), "after before unnamed");
        await project(old, other);
        assert.equal(await titles(store, moved), "after before");
        assert.equal(await titles(store, old), "unnamed");
        assert.deepEqual(
          (await store.workspaces()).map(({ path, exists, sessionCount }) => [path, exists, sessionCount]),
          [
            [old, true, 1],
            [moved, true, 2],
          ],
        );
      }),
    );

    guarantee("the work trees of a repository are one workspace, with an id or without", (engine) =>
      within(async (root) => {
        const [main, linked] = await workTrees(root);
        await mkdir(join(linked, "src"));
        const store = await storeWith(engine, {
          ...{ main: [main], linked: [linked], below: [join(linked, "src")] },
          other: [join(root, "other")],
        });
        for (const path of [main, linked, join(linked, "src")])
          assert.equal(await titles(store, path), "below linked main");
        assert.equal((await store.workspaces()).length, 2);
        const id = newSessionId();
        await project(main, id);
        await storeWith(engine, { named: ["/elsewhere", id] });
        assert.equal(await titles(store, linked), "below linked main named");
        assert.equal((await store.workspaces()).length, 2);
      }),
    );

    guarantee("a package with a mark of its own is one of its own, in every work tree", (engine) =>
      within(async (root) => {
        const [main, linked] = await workTrees(root);
        const [one, same] = [
          await project(join(main, "packages/a")),
          await project(join(linked, "packages/a")),
        ];
        const store = await storeWith(engine, { main: [main], one: [one], same: [same] });
        assert.equal(await titles(store, one), "one same");
        assert.equal(await titles(store, main), "main");
      }),
    );

    guarantee("a symlink leads to the same workspace", (engine) =>
      within(async (root) => {
        const [real, link] = [await project(join(root, "real")), join(root, "link")];
        await symlink(real, link);
        const store = await storeWith(engine, { real: [real], link: [link] });
        assert.equal(await titles(store, link), "link real");
        assert.equal(await titles(store, real), "link real");
        assert.equal((await store.workspaces()).length, 1);
      }),
    );

    guarantee("a directory that is gone keeps its sessions, whatever lies above it", (engine) =>
      within(async (root) => {
        await project(root);
        const gone = join(root, "gone");
        const store = await storeWith(engine, { gone: [gone], above: [root] });
        assert.equal(await titles(store, gone), "gone");
        assert.equal(await titles(store, root), "above");
        const found = await store.workspaces();
        assert.deepEqual(
          found.map(({ path, exists }) => [path, exists]),
          [
            [root, true],
            [gone, false],
          ],
        );
      }),
    );

    guarantee("a path of another system is matched as it was written", async (engine) => {
      const elsewhere =
        process.platform === "win32"
          ? ["/home/me/app", "vscode-remote://wsl+ubuntu/home/me/app"]
          : [
              "C:\\Users\\me\\app",
              "c:\\users\\me\\app",
              "C:/Users/me/app",
              "\\\\wsl$\\Ubuntu\\home\\me\\app",
            ];
      const store = await storeWith(engine, {
        ...Object.fromEntries(elsewhere.map((path) => [path, [path]])),
        here: [process.cwd()],
        relative: ["app"],
      });
      for (const path of elsewhere) assert.equal(await titles(store, path), path);
      assert.equal(await titles(store, process.cwd()), "here");
      const found = await store.workspaces();
      for (const path of [...elsewhere, "app"])
        assert.equal(found.find((one) => one.path === path)?.exists, null, path);
    });

    guarantee("relink gives sessions another place, and leaves their times and messages", (engine) =>
      within(async (root) => {
        const id = newSessionId();
        const now = await project(join(root, "now"), id);
        const store = await storeWith(engine, {
          ...{ whole: ["/gone/p"], below: ["/gone/p/src/lib"], alike: ["/gone/p2"] },
          ...{ named: ["/gone/p", newSessionId()], other: ["/gone"] },
        });
        const before = (await store.list({})).sessions;
        const planned = await store.relink("/gone/p/", now, { dryRun: true });
        assert.equal(planned.length, 3);
        assert.deepEqual(withoutBytes((await store.list({})).sessions), withoutBytes(before));
        const done = await store.relink("/gone/p", now);
        assert.deepEqual(done.map(({ from, to }) => [from, to]).sort(), [
          ...[
            ["/gone/p", now],
            ["/gone/p", now],
          ],
          ["/gone/p/src/lib", join(now, "src/lib")],
        ]);
        const after = (await store.list({})).sessions;
        assert.deepEqual(
          after.map(({ title, updatedAt, messageCount }) => [title, updatedAt, messageCount]),
          before.map(({ title, updatedAt, messageCount }) => [title, updatedAt, messageCount]),
        );
        assert.equal(await titles(store, now), "below named whole");
        for (const { title, workspaceId } of after)
          if (["below", "named", "whole"].includes(title ?? "")) assert.equal(workspaceId, id);
        assert.equal(await titles(store, "/gone/p2"), "alike");
        assert.deepEqual(await store.relink("/gone/p", now), []);
      }),
    );

    guarantee("relink by id, between systems, and into a directory below", async (engine) => {
      const id = newSessionId();
      const store = await storeWith(engine, {
        ...{ windows: ["C:\\w\\p\\src"], named: ["/gone/q", id], nowhere: [null, id] },
        ...{ outer: ["/gone/r"], inner: ["/gone/r/r"] },
      });
      await store.relink("C:\\w\\p", "/mnt/c/w/p");
      await store.relink(id, "/gone/s");
      await store.relink("/gone/r", "/gone/r/r");
      const places = (await store.list({})).sessions.map((one) => [
        ...[one.title, one.workspacePath, one.workspaceId],
      ]);
      assert.deepEqual(places.toReversed(), [
        ["windows", "/mnt/c/w/p/src", null],
        ["named", "/gone/s", null],
        ["nowhere", "/gone/s", null],
        ["outer", "/gone/r/r", null],
        ["inner", "/gone/r/r", null],
      ]);
      assert.deepEqual(await store.relink("/gone/r", "/gone/r/r"), []);
      for (const [from, to] of [
        ["", "/a"],
        ["/a", ""],
      ] as const)
        await assert.rejects(store.relink(from, to), { code: "INVALID_ARGUMENT" });
    });
  },
};
