// Made-up conversations for pictures of the viewer: a store that looks like a week of somebody's work.
import { AgentSession, Message } from "../src/index.ts";

const PROJECTS = { queue: "/home/dev/queue", shop: "/home/dev/shop", notes: "/home/dev/notes" };
const BRANCHES = { [PROJECTS.queue]: "fix/retries" };

/** Fills a store. Times are told from `now` back. */
export async function demoSessions(store, now = Date.now()) {
  const parent = await add(store, { ...QUEUE, minutes: 3, now });
  await add(store, { ...REVIEW, parentId: parent, minutes: 9, now });
  for (const [index, about] of OTHERS.entries())
    await add(store, { ...about, minutes: 55 * (index + 1) ** 1.7, now });
  const fork = await store.fork(parent, { position: 4 });
  await store.organize(fork.id, { title: "Retries, the other way: a dead-letter table" });
  await store.organize(parent, { pinned: true, addTags: ["reliability"] });
}

async function add(store, { title, project, model, source, tags = [], messages, minutes, now, parentId }) {
  const start = now - minutes * 60_000 - messages.length * 20_000;
  const at = (index) => new Date(start + index * 20_000).toISOString();
  const session = new AgentSession({
    systemPrompt: "You are helpful",
    workspacePath: project,
    createdAt: at(0),
  });
  const { systemPrompt, createdAt, workspacePath } = session;
  const custom = source ? { source } : {};
  const extra = { usage: { tokens: [tokensOf(messages, at(0), model)] } };
  const set = { systemPrompt, createdAt, workspacePath, model, title: title ?? null, tags, custom, extra };
  const gitState = { branch: BRANCHES[project] ?? "main", commit: null };
  await store.commit(session.id, {
    base: 0,
    at: at(0),
    set: { ...set, gitState, parentId: parentId ?? null },
  });
  for (const [index, message] of messages.entries())
    await store.append(session.id, [Message.from({ ...message, at: at(index) })], { at: at(index) });
  return session.id;
}

/** As an importer records them: the hour, the model, in, out, from the cache and into it, reasoning. */
function tokensOf(messages, at, model) {
  const answers = messages.filter(({ role }) => role === "assistant");
  const sum = (key) => answers.reduce((all, { usage }) => all + (usage?.[key] ?? 0), 0);
  const [input, output] = [sum("input"), sum("output")];
  return [at.slice(0, 13), model ?? "example-model-1", input, output, answers.length * 21_700, input, 0];
}

const user = (content) => ({ role: "user", content });
const says = (text, tokens = [12_400, 310]) => ({
  role: "assistant",
  content: [{ type: "text", text }],
  model: "example-model-1",
  usage: { input: tokens[0], output: tokens[1] },
});
const thinks = (thinking, text, ...calls) => ({
  role: "assistant",
  content: [
    { type: "thinking", thinking },
    { type: "text", text },
    ...calls.map(([id, name, input]) => ({ type: "tool_use", id, name, input })),
  ],
  model: "example-model-1",
  usage: { input: 9_800, output: 420 },
});
const gives = (id, content, is_error = false) => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content, is_error }],
});

const QUEUE = {
  title: "Jobs that fail are tried again, and not for ever",
  project: PROJECTS.queue,
  model: "example-model-1",
  source: "claude-code",
  messages: [
    user(
      "Jobs in the queue that fail are lost. Can you make it **retry** them, with a growing pause, at most five times?",
    ),
    thinks(
      "The worker takes a job and deletes it before it runs. So a crash loses it. I should look at the worker first.",
      "I look at how a job is taken.",
      ["c1", "Read", { file_path: "/home/dev/queue/src/worker.ts" }],
    ),
    gives(
      "c1",
      "export async function work(queue: Queue) {\n  const job = await queue.take();\n  await queue.remove(job.id);\n  await job.run();\n}\n",
    ),
    thinks(
      "remove before run: that is the bug.",
      "The job is removed *before* it runs. I change the order and count the attempts.",
      [
        "c2",
        "Edit",
        {
          file_path: "/home/dev/queue/src/worker.ts",
          old_string: "  const job = await queue.take();\n  await queue.remove(job.id);\n  await job.run();",
          new_string:
            "  const job = await queue.take();\n  try {\n    await job.run();\n    await queue.remove(job.id);\n  } catch (error) {\n    await queue.retry(job, pauseAfter(job.attempts));\n  }",
        },
      ],
    ),
    gives("c2", "The file was changed."),
    thinks("Now run the tests.", "And the tests:", [
      "c3",
      "Bash",
      { command: "npm test -- queue", description: "Run the queue's tests" },
    ]),
    gives("c3", "FAIL test/queue.test.ts\n  × gives up after five attempts\n    expected 5, got 6", true),
    says(
      "One test fails: it gives up after **six** attempts, since the first one was not counted.\n\n| attempt | pause |\n| --- | --- |\n| 1 | 1 s |\n| 2 | 4 s |\n| 3 | 16 s |\n\n```ts\nexport function pauseAfter(attempts: number): number {\n  // The first attempt is number one.\n  return 1000 * 4 ** (attempts - 1);\n}\n```\n\nI count from one now; all 42 tests pass.",
    ),
    user("Good. What happens when the process is killed while a job runs?"),
    says(
      "The job stays in the queue and is taken again when its lease runs out:\n\n1. `take` writes a lease of 30 seconds,\n2. the worker renews it while it works,\n3. a dead worker renews nothing.\n\n> A job may so run twice. It has to be safe to repeat.",
      [14_100, 260],
    ),
    user("Then write that into the README, please."),
    thinks("A short section.", "I add a section.", [
      "c4",
      "Edit",
      {
        file_path: "/home/dev/queue/README.md",
        old_string: "## Limits\n",
        new_string:
          "## Limits\n\n- A job may run twice: after a crash it is taken again when its lease runs out.\n- After five attempts it goes to `dead_jobs`.\n",
      },
    ]),
    gives("c4", "The file was changed."),
    says("Done. The README says that a job may run twice, and where it goes after five attempts."),
  ],
};

const REVIEW = {
  title: "Review of the retries",
  project: PROJECTS.queue,
  model: "example-model-mini",
  source: "claude-code",
  messages: [
    user("Review the change of worker.ts"),
    says("The order is right now. `pauseAfter` should have an upper limit."),
  ],
};

const short = (question, answer) => [user(question), says(answer)];

const OTHERS = [
  {
    title: "Why the login page flashes",
    project: PROJECTS.shop,
    model: "example-model-2",
    source: "codex",
    tags: ["ui"],
    messages: short(
      "Why does the login page flash before it redirects?",
      "It is drawn before the session is known.",
    ),
  },
  {
    title: null,
    project: PROJECTS.shop,
    model: "example-model-2",
    source: "codex",
    messages: short(
      "Rename the option and keep the old name working",
      "Both names are read; the old one warns.",
    ),
  },
  {
    title: "Prices with more than two decimals",
    project: PROJECTS.shop,
    model: "example-model-1",
    source: "claude-code",
    tags: ["bug", "ui"],
    messages: short(
      "Prices show three decimals in Japan",
      "Yen has none: the formatter is told the currency now.",
    ),
  },
  {
    title: "A queue for the newsletter",
    project: PROJECTS.queue,
    model: "example-model-1",
    source: "claude-code",
    tags: ["reliability"],
    messages: short("Can the newsletter use the same queue?", "Yes, with a lower priority."),
  },
  {
    title: "Notes that were lost when the laptop slept",
    project: PROJECTS.notes,
    model: "example-model-3",
    source: "gemini",
    messages: short("Notes are gone after sleep", "The write was not synced; it is now."),
  },
  {
    title: "Import of old notes",
    project: PROJECTS.notes,
    model: null,
    source: null,
    messages: short("Import the notes of 2019", "412 notes were imported, 3 have no date."),
  },
];
