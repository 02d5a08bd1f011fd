import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, type Ran } from "./run.ts";

/** Characters that grow when they are escaped, or are several units. */
const NASTY = '\u0001"\\\n海😀e\u0301\ud83d';
const BUDGET = 1200;

interface Answer {
  readonly sessions: readonly { readonly id: string }[];
  readonly hits: readonly { readonly id: string; readonly reference: string }[];
  readonly messages: readonly { readonly position: number; readonly text: string }[];
  readonly nextCursor?: string;
  readonly next?: { readonly skip?: number; readonly reference?: string; readonly offset?: number };
}

function answer(ran: Ran, most = BUDGET): Answer {
  expect(ran, ran.err).toMatchObject({ code: 0 });
  expect(ran.out.length).toBeLessThanOrEqual(most);
  expect(ran.out.trim().split("\n")).toHaveLength(1);
  return JSON.parse(ran.out) as Answer;
}

async function stored(): Promise<{ directory: string; ids: string[] }> {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const ids: string[] = [];
  for (let index = 0; index < 4; index++) {
    const title = `${index} ${NASTY.repeat(100)}`;
    const session = new AgentSession({ metadata: { title }, workspacePath: `/w/${NASTY.repeat(100)}` });
    session.addMessage(Message.user(`needle ${index} ${NASTY.repeat(40)}`));
    session.addMessage(Message.assistant("found"));
    await store.save(session);
    ids.push(session.id);
  }
  return { directory, ids };
}

test("with a budget list and search answer in pages that keep it, and lose nothing", async () => {
  const { directory, ids } = await stored();
  const listed: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const more = cursor === undefined ? [] : ["--cursor", cursor];
    const page = answer(run(directory, "list", "--json", "--budget", String(BUDGET), ...more));
    listed.push(...page.sessions.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(listed).toEqual(ids.toReversed());

  const found: string[] = [];
  for (let skip: number | undefined = 0; skip !== undefined;) {
    const more = ["--budget", String(BUDGET), "--skip", String(skip)];
    const page = answer(run(directory, "search", "needle", "--json", ...more));
    expect(page.hits.length).toBeGreaterThan(0);
    found.push(...page.hits.map(({ id }) => id));
    skip = page.next?.skip;
  }
  expect(found.toSorted()).toEqual(ids.toSorted());
});

test("with a budget show tells every character once, by following the reference", async () => {
  const { directory, ids } = await stored();
  const read: string[] = [];
  let at: readonly string[] | undefined = [`${ids[0] ?? ""}:0`];
  while (at !== undefined) {
    const page: Answer = answer(run(directory, "show", ...at, "--json", "--budget", String(BUDGET)));
    for (const { position, text } of page.messages) read[position] = `${read[position] ?? ""}${text}`;
    const { reference, offset = 0 } = page.next ?? {};
    at = reference === undefined ? undefined : [reference, "--offset", String(offset)];
  }
  expect(read).toEqual([`needle 0 ${NASTY.repeat(40)}`.toWellFormed(), "found"]);
  const end = answer(run(directory, "show", "latest", "--json", "--budget", "9000"), 9000);
  expect(end.messages.map(({ position }) => position)).toEqual([0, 1]);
  expect(end.next).toBe(undefined);
});

test("a reference means the same message after the session went back and on another way", async () => {
  const { directory, ids } = await stored();
  const [id = ""] = ids;
  const [hit] = answer(
    run(directory, "search", "found", "--json", "--limit", "1", "--budget", "4000"),
    4000,
  ).hits;
  const reference = hit?.reference ?? "";
  const session = hit?.id ?? "";
  expect(ids).toContain(id);
  const shown = (): string | undefined =>
    answer(run(directory, "show", reference, "--json", "--budget", "4000"), 4000).messages[0]?.text;
  expect(shown()).toBe("found");
  await using store = new SessionStore(directory);
  await store.append(session, [Message.user("more")]);
  expect(shown()).toBe("found");
  await store.rewind(session, { position: 1 });
  await store.append(session, [Message.assistant("something else"), Message.user("on")]);
  expect(shown()).toBe("found");
  expect(run(directory, "show", reference.replace(/@.*/, ""), "--no-pager").out).toContain("something else");
  expect(run(directory, "show", reference, "--no-pager").out).not.toContain("something else");
  expect(run(directory, "show", `${session}:1@999`)).toMatchObject({ out: "" });
});

test("a budget that makes no sense is refused", async () => {
  const { directory, ids } = await stored();
  for (const args of [
    ["list", "--budget", "4000"],
    ["list", "--json", "--budget", "999"],
    ["search", "needle", "--json", "--budget", "x"],
    ["show", ids[0] ?? "", "--json", "--offset", "5"],
    ["show", `${ids[0] ?? ""}:1@x`],
  ])
    expect(run(directory, ...args), args.join(" ")).toMatchObject({ code: 2, out: "" });
});
