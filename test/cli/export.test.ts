import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportSession } from "../../src/export.ts";
import { AgentSession, MemoryEngine, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";
import { COMMAND } from "../command.ts";

async function odd(directory: string): Promise<string> {
  await using store = new SessionStore(directory);
  const session = new AgentSession({
    systemPrompt: "be\nbrief",
    model: "m",
    metadata: { title: "Odd", tags: ["a"], custom: { k: "v" } },
  });
  session.addMessage(Message.user("line\nbreak \u2028 \ud83d\ude00 \ud800"));
  session.addMessage(
    Message.from({ role: "x:note", content: { deep: [null, -0, 1e-7, { a: "" }] }, id: "1" }),
  );
  session.addMessage(Message.toolResult({ callId: "c", content: "done", isError: true }));
  session.tokenCount = 1234;
  await store.save(session);
  return session.id;
}

test.for(["jsonl", "json"])(
  "%s: exported, imported elsewhere, it is the same session; again adds nothing",
  async (format) => {
    const [from, to] = [temporaryDirectory(), temporaryDirectory()];
    const id = await odd(from);
    const file = join(to, "exported");
    expect(run(from, "export", "latest", "--format", format, "-o", file)).toMatchObject({ code: 0, out: "" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(run(from, "export", id, "--format", format).out).toBe(readFileSync(file, "utf8"));
    expect(readdirSync(to)).toEqual(["exported"]);
    expect(runJson(to, "import", file).json.files).toMatchObject([{ outcome: "created" }]);
    expect(runJson(to, "import", file).json.files).toMatchObject([{ outcome: "unchanged" }]);
    await using left = new SessionStore(from);
    await using right = new SessionStore(to);
    const [original, copy] = [await left.load(id), await right.load(id)];
    expect(copy?.messages).toEqual(original?.messages);
    expect(copy?.head()).toEqual(original?.head());
  },
);

test("the ending of a file's name says what is to be in it; what was written is told", async () => {
  const directory = temporaryDirectory();
  await odd(directory);
  const written = (name: string, ...options: string[]): string => {
    const file = join(temporaryDirectory(), "..", name);
    const { code, err } = run(directory, "export", "latest", "-o", file, "--force", ...options);
    expect(code).toBe(0);
    expect(err).toMatch(/^Written: .+ \((?:html|md|json|jsonl)\)\.\n$/);
    return readFileSync(file, "utf8");
  };
  expect(written("a.html")).toMatch(/^<!doctype html>/i);
  expect(written("a.HTM", "--detail", "compact")).toMatch(/^<!doctype html>/i);
  expect(written("a.md")).toMatch(/^---\n/);
  expect(Object.keys(JSON.parse(written("a.json")) as object)).toContain("messages");
  expect(written("a.jsonl").split("\n").length).toBeGreaterThan(3);
  expect(written("a.original").startsWith("{")).toBe(true);
  expect(written("a.html", "--format", "json").startsWith("{")).toBe(true);
});

test.for(["jsonl", "json"])("%s: into a directory, with the sessions of its sub-agents", async (format) => {
  const [from, to, files] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
  await using store = new SessionStore(from);
  const parent = new AgentSession({ messages: [Message.user("go")] });
  const child = parent.child();
  const family = [parent, child, child.child()];
  for (const session of [...family, new AgentSession()]) await store.save(session);
  const options = ["--subagents", "--format", format, "-o", files];
  expect(run(from, "export", parent.id, ...options)).toMatchObject({ code: 0, out: "" });
  expect(readdirSync(files).sort()).toEqual(family.map(({ id }) => `${id}.${format}`).sort());
  const untouched = readdirSync(from).sort();
  for (const wrong of [[], ["-o", from], ["-o", files, "--format", "original"]])
    expect(run(from, "export", parent.id, "--subagents", ...wrong)).toMatchObject({ code: 2, out: "" });
  expect(readdirSync(from).sort()).toEqual(untouched);
  expect(run(to, "import", files)).toMatchObject({ code: 0 });
  await using copy = new SessionStore(to);
  const parents = (await copy.listWithMetadata()).map(({ id, parentId }) => [id, parentId] as const);
  expect(new Map(parents)).toEqual(new Map(family.map(({ id, parentId }) => [id, parentId] as const)));
});

test("JSON lines: a head, then the messages; Astrid's document is one JSON value", async () => {
  const directory = temporaryDirectory();
  const id = await odd(directory);
  const [head, ...messages] = run(directory, "export", id)
    .out.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(head).toMatchObject({ format: "astrid-sessions-export", version: 1, id, message_count: 3 });
  expect(head?.["session"]).toMatchObject({
    system_prompt: "be\nbrief",
    token_count: 1234,
    metadata: { title: "Odd" },
  });
  expect(messages.map(({ role }) => role)).toEqual(["user", "x:note", "tool"]);
  const document = JSON.parse(run(directory, "export", id, "--format", "json").out);
  // Astrid refuses half of a surrogate pair: it stands beside what it can read.
  const [first, ...others] = messages;
  const visible = { role: "user", content: String(first?.["content"]).toWellFormed() };
  expect(document).toMatchObject({ id, model: "m", messages: [visible, ...others] });
  const empty = new AgentSession();
  await using store = new SessionStore(directory);
  await store.save(empty);
  expect(JSON.parse(run(directory, "export", empty.id, "--format", "json").out).messages).toEqual([]);
});

test("a file that was cut, or has a bad line, is imported as far as it goes, and told", async () => {
  const directory = temporaryDirectory();
  const id = await odd(directory);
  const lines = run(directory, "export", id).out.trimEnd().split("\n");
  const cut = join(temporaryDirectory(), "cut.jsonl");
  writeFileSync(cut, `${lines.slice(0, 2).join("\n")}\n{"role":"us`);
  const elsewhere = temporaryDirectory();
  const ran = runJson(elsewhere, "import", cut);
  expect(ran.json.files).toMatchObject([{ outcome: "created", messagesAdded: 1, problemCount: 2 }]);
  expect(JSON.stringify(ran.json)).toContain("ends after 2 of 3 messages");
  writeFileSync(cut, lines.join("\n").replace('"version":1', '"version":2'));
  expect(runJson(temporaryDirectory(), "import", cut).code).toBe(4);
});

test("a session of any size: bounded memory out and back, and a reader that stops early ends it quietly", async () => {
  const directory = temporaryDirectory();
  const text = "x".repeat(1 << 20);
  const session = new AgentSession();
  {
    await using store = new SessionStore(directory);
    await store.save(session);
    for (let index = 0; index < 200; index++)
      await store.append(session.id, [Message.user(`${index} ${text}`)]);
  }
  const file = join(temporaryDirectory(), "big.jsonl");
  const elsewhere = temporaryDirectory();
  const limited = (store: string, ...args: string[]): number => {
    const script =
      "process.on('exit', () => require('fs').writeSync(2, `\\nrss=${process.resourceUsage().maxRSS}`))";
    const options = [
      "--max-old-space-size=96",
      "--import",
      `data:text/javascript,${encodeURIComponent(script.replace("require('fs')", "process.getBuiltinModule('fs')"))}`,
    ];
    const { status, stderr } = spawnSync(process.execPath, [...options, COMMAND, "--store", store, ...args], {
      encoding: "utf8",
    });
    expect([status, stderr.replace(/\nrss=\d+$/, "")], stderr).toEqual([0, expect.any(String)]);
    return Number(/rss=(\d+)$/.exec(stderr)?.[1]) / 1024;
  };
  // 200 MB of messages, with a heap that could not hold them.
  const peaks = [limited(directory, "export", session.id, "-o", file), limited(elsewhere, "import", file)];
  console.log(`peak memory of export, import: ${peaks.map((peak) => Math.round(peak)).join(", ")} MiB`);
  expect(Math.max(...peaks)).toBeLessThan(250);
  await using copy = new SessionStore(elsewhere);
  expect((await copy.summary(session.id))?.messageCount).toBe(200);

  const piped = `"${process.execPath}" "${COMMAND}" --store "${directory}" export ${session.id} | head -c 100`;
  const { stdout, stderr } = spawnSync(
    "bash",
    ["-c", `set -o pipefail; ${piped}; echo "=\${PIPESTATUS[0]}" >&2`],
    { encoding: "utf8" },
  );
  expect([stdout.length, stderr.trim()]).toEqual([100, "=0"]);
});

test("what is there already is not replaced unasked", async () => {
  const directory = temporaryDirectory();
  const id = await odd(directory);
  const to = temporaryDirectory();
  const file = join(to, "s.jsonl");
  writeFileSync(file, "mine");
  expect(runJson(directory, "export", id, "-o", file)).toMatchObject({
    code: 2,
    json: { error: { code: "OUTPUT_EXISTS", message: `${file} is there already: --force replaces.` } },
  });
  writeFileSync(join(to, `${id}.md`), "mine");
  expect(run(directory, "export", "--all", "--format", "md", "-o", to).code).toBe(2);
  expect([readFileSync(file, "utf8"), readdirSync(to).length]).toEqual(["mine", 2]);
  expect(run(directory, "export", id, "-o", file, "--force")).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toContain("astrid-sessions-export");
});

test("no such session, no such format", () => {
  const directory = temporaryDirectory();
  expect(run(directory, "export", "latest")).toMatchObject({ code: 3, out: "" });
  expect(run(directory, "export", "latest", "--format", "xml")).toMatchObject({ code: 2, out: "" });
});

test("a file that cannot be written is named, with the reason", async () => {
  const directory = temporaryDirectory();
  await odd(directory);
  const nowhere = join(directory, "no", "where");
  expect(run(directory, "export", "latest", "-o", nowhere)).toEqual({
    ...{ code: 1, out: "" },
    err: `astrid-sessions: Cannot write ${nowhere}: its directory does not exist.\n`,
  });
  expect(runJson(directory, "export", "latest", "-o", directory).json.error.code).toBe("OUTPUT_FAILED");
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test.for(["memory", "file"])(
  "%s: what is exported is one revision, whatever is written meanwhile",
  async (name) => {
    await using store = new SessionStore(name === "memory" ? new MemoryEngine() : temporaryDirectory());
    const messages = Array.from({ length: 300 }, (_, index) => Message.user(`message ${index}`));
    const session = new AgentSession({ metadata: { title: "before" }, messages });
    await store.save(session);
    const pieces: string[] = [];
    for await (const piece of exportSession(store, session.id, "jsonl")) {
      pieces.push(piece);
      if (pieces.length === 1) {
        session.replaceMessages([Message.user("summary")]);
        session.metadata.title = "after";
        await store.save(session);
      }
    }
    const [head, ...lines] = pieces.map((piece) => JSON.parse(piece) as Record<string, unknown>);
    expect(head).toMatchObject({ message_count: 300, session: { metadata: { title: "before" } } });
    expect(lines.map(({ content }) => content)).toEqual(messages.map(({ content }) => content));
  },
);

test.skipIf(process.platform === "win32")(
  "into what is no regular file it is written through; behind a link, the file that is meant is replaced",
  async () => {
    const [directory, to] = [temporaryDirectory(), temporaryDirectory()];
    const id = await odd(directory);
    const whole = run(directory, "export", id).out;
    const pipe = join(to, "pipe");
    spawnSync("mkfifo", [pipe]);
    const script = `"${process.execPath}" "${COMMAND}" --store "${directory}" export ${id} -o "${pipe}" & cat "${pipe}"; wait $!`;
    const piped = spawnSync("sh", ["-c", script], { encoding: "utf8" });
    expect({ code: piped.status, out: piped.stdout }).toEqual({ code: 0, out: whole });
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    const [target, link] = [join(to, "target"), join(to, "link")];
    writeFileSync(target, "before");
    symlinkSync("target", link);
    expect(run(directory, "export", id, "-o", link, "--force").code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe(whole);
    expect(readdirSync(to).sort()).toEqual(["link", "pipe", "target"]);
  },
);
