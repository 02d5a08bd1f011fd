import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run } from "./run.ts";

/** An escape of half a surrogate pair, which strict parsers of JSON refuse. */
const HALF = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
const FAMILY = "👨‍👩‍👧‍👦";

test("JSON that leaves the command is well-formed, whatever titles and messages hold", async () => {
  const directory = temporaryDirectory();
  const half = "lighthouse \ud83d";
  const session = new AgentSession({ metadata: { title: half, tags: [half] }, workspacePath: `/w/${half}` });
  session.addMessage(Message.from({ role: "user", content: half, [half]: { [half]: "\\ud83d" } }));
  session.addMessage(Message.toolCalls([{ id: "c", name: half, arguments: { [half]: half } }]));
  {
    await using store = new SessionStore(directory);
    await store.save(session);
  }
  for (const args of [
    ["list"],
    ["show", "latest", "--all"],
    ["search", "lighthouse"],
    ["rm", session.id],
    ["trash"],
  ]) {
    const { code, out } = run(directory, ...args, "--json");
    expect([code, HALF.test(out)], args.join(" ")).toEqual([0, false]);
    expect(out, args.join(" ")).toContain(
      args[0] === "trash" || args[0] === "rm" ? "\ufffd" : "lighthouse \ufffd",
    );
  }
});

test("what is shortened for a terminal is cut between characters", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const content = `${"x".repeat(39_998)}${FAMILY}${"y".repeat(100)}`;
  await store.save(new AgentSession({ messages: [Message.user(content)] }));
  expect(run(directory, "show", "latest").out).toContain(
    `${"x".repeat(39_998)}…\n  … ${content.length - 40_000} more characters`,
  );
  const [summary] = await store.listWithMetadata();
  expect(summary?.lastMessagePreview).toBe(`${"x".repeat(119)}…`);
});

test("a document that is exported can be read by Astrid, and comes back to the letter", async () => {
  const directory = temporaryDirectory();
  const messages = [
    Message.user("half \ud83d"),
    Message.from({ role: "tool", content: { n: 1, s: "\udc00" } }),
  ];
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ messages, metadata: { title: "half \ud83d" } }));
  const document = JSON.parse(run(directory, "export", "latest", "--format", "json").out) as {
    readonly metadata: { readonly title: string };
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  };
  const visible = document.messages.map(({ role, content }) => ({ role, content }));
  expect(JSON.stringify([visible, document.metadata])).not.toMatch(HALF);
});
