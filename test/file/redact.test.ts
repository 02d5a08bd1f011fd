import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AgentSession, Message, newSessionId, SessionStore, type SessionId } from "../../src/index.ts";
import { OWN_KEYS } from "../../src/engine/file/checkpoint/checkpoint-layout.ts";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import type { Step } from "../../src/engine/file/disk/disk.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { originalOf } from "../../src/importers/original/read-original.ts";
import { chunkItem, ORIGINAL, textOfItem } from "../../src/operations/original.ts";
import { checkpointPath, journalPath, openStore, temporaryDirectory } from "./temporary-store.ts";

/** Put together here, so that nobody who looks for tokens takes it for one. */
const SECRET = ["ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");
const KEY = ["glpat", "Zy9xWv8uTs7rQp6oNm5l"].join("-");

/** The files below a directory in which a text stands. */
function filesWith(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(directory, name);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

/** A disk on which a process dies before a step, once another was reached. */
class DyingDisk extends RealDisk {
  dieAt: { readonly step: Step; after?: Step | undefined } | undefined;

  override async rename(from: string, to: string, step: Step, bytes?: number): Promise<void> {
    this.#dieBefore(step);
    await super.rename(from, to, step, bytes);
  }

  override async syncDirectory(path: string, step?: Step): Promise<void> {
    this.#dieBefore(step);
    await super.syncDirectory(path);
  }

  #dieBefore(step: Step | undefined): void {
    if (step === undefined) return;
    if (this.dieAt?.after === step) this.dieAt = { step: this.dieAt.step };
    else if (this.dieAt?.step === step && this.dieAt.after === undefined)
      throw new Error(`died before ${step}`);
  }
}

/** A document as Astrid writes it: it does not know our keys. */
function withoutOurKeys(document: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !OWN_KEYS.has(key)));
}

async function leaky(store: SessionStore, id: SessionId = newSessionId()): Promise<SessionId> {
  const session = new AgentSession({ id, systemPrompt: SECRET, metadata: { title: `use ${SECRET}` } });
  session.addMessage(Message.user(`the token is ${SECRET}`));
  await store.save(session);
  session.spliceMessages(0, 1, Message.user("forget it"));
  session.addMessage(Message.assistant(`again ${SECRET}`));
  session.metadata.title = "clean";
  await store.save(session);
  return id;
}

test("no byte of a secret is left below the store's directory, wherever it was", async () => {
  const directory = join(temporaryDirectory(), "sessions");
  const id = newSessionId();
  {
    await using store = new SessionStore(directory);
    await leaky(store, id);
    const note = { run: "r", rule: `all ${SECRET}`, reason: "why" };
    // An entry of the log in its file, and a life of its own in the trash.
    await store.engine.remove(id, { trash: true, note });
    await store.restore(id);
    await store.checkpoint(id);
    await store.delete(id, { trash: true });
    await leaky(store, id);
    await store.commit(id, { side: { [ORIGINAL]: [chunkItem(Buffer.from(`{"key":"${SECRET}"}\n`))] } });
    await store.checkpoint(id);
    for (const text of ["again", "forget", "token"]) await store.search(text);
    for (let other = 0; other < 30; other++) await store.save(new AgentSession({ systemPrompt: "other" }));
    await store.list();
  }
  // What somebody else's program left of it.
  const aside = join(directory, "quarantine", `${id}.1764160000000`);
  mkdirSync(aside, { recursive: true });
  copyFileSync(journalPath(directory, id), join(aside, `${id}.journal.jsonl`));
  writeFileSync(join(directory, "tmp", `999999-${id}-abc1`), SECRET);
  const inTrash = join(directory, "trash", `${id}.1764160000000`);
  mkdirSync(inTrash, { recursive: true });
  writeFileSync(join(inTrash, `${id}.json`), `{"broken":"${SECRET}`);
  const { store } = openStore(directory);
  expect(filesWith(directory, SECRET).length).toBeGreaterThan(6);

  const dry = await store.redact(id, { dryRun: true });
  const done = await store.redact(id);
  expect(done).toMatchObject({ revision: 3, original: "given up", files: [aside, inTrash] });
  expect(done.found).toEqual(dry.found);
  expect(filesWith(directory, SECRET)).toEqual([]);
  for await (const { item } of store.sideItems(id, { list: ORIGINAL }))
    expect(textOfItem(item)).toBeUndefined();
  await expect(async () => {
    for await (const _ of originalOf(store, id)) continue;
  }).rejects.toThrow("given up when the session was redacted");
  expect((await store.search("again")).map((hit) => hit.id)).toEqual([id]);
  expect((await store.verify(id)).state).toBe("ok");
  await store.delete(id);
  expect(await store.restore(id)).toBe(true);
  expect(filesWith(directory, SECRET)).toEqual([]);
});

test("a document that Astrid wrote becomes ours, and is no change of anybody's", async () => {
  const directory = temporaryDirectory();
  const id = newSessionId();
  await using first = new SessionStore(directory);
  await leaky(first, id);
  await first.checkpoint(id);
  // Astrid's: the same content without our keys, and one message more.
  const text = readFileSync(checkpointPath(directory, id), "utf8");
  const document = withoutOurKeys(JSON.parse(text) as Record<string, unknown>);
  (document["messages"] as object[]).push({ role: "user", content: `from Astrid: ${KEY}` });
  writeFileSync(checkpointPath(directory, id), JSON.stringify(document));
  const { found } = await first.redact(id, { dryRun: true });
  expect(found.map(({ kind }) => kind)).toEqual(["github-token", "gitlab-token"]);
  expect((await first.redact(id)).found.map(({ kind }) => kind)).toEqual(["github-token", "gitlab-token"]);
  for (const secret of [SECRET, KEY]) expect(filesWith(directory, secret)).toEqual([]);
  const { store, reports } = openStore(directory);
  const session = await store.load(id);
  expect(session?.messages.map(({ content }) => content)).toEqual([
    "forget it",
    "again [redacted:github-token]",
    "from Astrid: [redacted:gitlab-token]",
  ]);
  session?.addMessage(Message.user("go on"));
  if (session !== undefined) await store.save(session);
  expect(reports).toEqual([]);
});

/** Steps of a redaction, each before which a process dies, and whether the session is redacted then. */
const deaths: readonly (readonly [Step, Step | undefined, boolean])[] = [
  ["journal.replace.rename", undefined, false],
  ["journal.sync-directory", "journal.replace.rename", true],
  ["checkpoint.rename", undefined, true],
  ["checkpoint.sync-directory", undefined, true],
];

for (const [step, after, isRedacted] of deaths) {
  for (const whose of ["ours", "Astrid's"]) {
    test(`${whose} old document is nobody's words after a death before ${step}`, async () => {
      const directory = temporaryDirectory();
      const id = newSessionId();
      {
        await using store = new SessionStore(directory);
        await leaky(store, id);
        await store.checkpoint(id);
        if (whose !== "ours") {
          const text = readFileSync(checkpointPath(directory, id), "utf8");
          const rest = withoutOurKeys(JSON.parse(text) as Record<string, unknown>);
          writeFileSync(checkpointPath(directory, id), JSON.stringify(rest));
          await store.append(id, [Message.user("taken over")]);
        }
      }
      const disk = new DyingDisk();
      const dying = new SessionStore(new FileEngine(directory, { disk }), { closeEngine: true });
      disk.dieAt = { step, after };
      await expect(dying.redact(id)).rejects.toThrow("died");
      onTestFinished(() => dying.close().catch(() => undefined));
      disk.dieAt = undefined;

      const { store, reports } = openStore(directory);
      const before = JSON.stringify(await store.load(id));
      expect(before.includes(SECRET)).toBe(!isRedacted);
      await store.append(id, [Message.user("go on")]);
      expect(JSON.stringify(await store.load(id)).includes(SECRET)).toBe(!isRedacted);
      expect(reports.filter(({ kind }) => kind !== "torn-tail")).toEqual([]);
      expect(existsSync(join(directory, "quarantine"))).toBe(false);
      await store.redact(id);
      expect(filesWith(directory, SECRET)).toEqual([]);
      expect((await store.verify(id)).state).toBe("ok");
      expect(reports).toEqual([]);
    });
  }
}

test("the log of removals knows a life again after its tombstone was rewritten", async () => {
  const directory = temporaryDirectory();
  const id = newSessionId();
  const disk = new DyingDisk();
  const engine = new FileEngine(directory, { disk });
  const store = new SessionStore(engine, { closeEngine: true });
  onTestFinished(() => store.close());
  await leaky(store, id);
  await store.delete(id, { trash: true });
  // To be removed for good is in the log before it is carried out, and counts when the trash does not have it any more.
  disk.dieAt = { step: "removals.sync-directory" };
  const later = new Date(Date.now() + 60_000).toISOString();
  const note = { run: "a", rule: "{}", reason: "it is old" };
  await expect(engine.emptyTrash(later, note)).rejects.toThrow("died");
  disk.dieAt = undefined;
  expect((await store.trashed()).map((one) => one.id)).toEqual([id]);
  expect(await store.removals()).toEqual([]);

  await store.redact(id);
  expect((await store.trashed()).map((one) => one.id)).toEqual([id]);
  expect(await store.removals()).toEqual([]);

  await engine.emptyTrash(later, note);
  expect((await store.removals()).map(({ to }) => to)).toEqual(["gone"]);
});
