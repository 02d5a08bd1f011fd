import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";
import { hasTerminal, inTerminal } from "./terminal.ts";

const ID = "aaaa1111-0000-4000-8000-000000000000";
const TOKEN = `ghp_${"a1B2c3D4e5".repeat(4).slice(0, 36)}`;
const HOSTILE = [
  "<script>alert(1)</script><img src=x onerror=alert(1)><style>*{display:none}</style></pre></details>",
  "[x](javascript:alert(1)) ![i](https://evil.example/pixel.png) <https://ok.example>",
  "# You\n\n- a ` b\n- <iframe> ` c\n\n| ` | <b> ` |\n|---|---|\n| <u> | x |\n\n\\\\<em> `<kept>`",
  "````\n```\n</details>",
].join("\n\n");

async function save(directory: string, ...further: readonly Message[]): Promise<void> {
  await using store = new SessionStore(directory);
  const edit = { file_path: "/w/a.ts", old_string: "old ``` fence", new_string: "new" };
  const messages = [
    Message.user(`Mend the login. My token is ${TOKEN}`),
    Message.from({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Where is it?" },
        { type: "text", text: "## Plan\n\nI **look**." },
        { type: "tool_use", id: "1", name: "Bash", input: { command: "npm test" } },
        { type: "tool_use", id: "2", name: "Edit", input: edit },
      ],
    }),
    Message.from({
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "1",
          content: "\u001b[31mred\u001b[0m\n````\nfour",
          is_error: true,
        },
      ],
    }),
    ...further,
  ];
  const metadata = { title: `Login <b>&</b> ${TOKEN}`, custom: { source: "claude-code" } };
  await store.save(new AgentSession({ id: ID, messages, metadata, workspacePath: "/w", model: "opus" }));
}

const exported = (directory: string, ...args: readonly string[]): string =>
  run(directory, "export", "aaaa", ...args).out;

test("Markdown: front matter, who spoke, folded answers in fences longer than any inside", async () => {
  const directory = temporaryDirectory();
  await save(directory);
  const page = exported(directory, "--format", "md");
  expect(page).toMatch(
    /^---\ntitle: "Login .*"\nid: "aaaa1111.*"\nagent: "Claude"\nmodel: "opus"\ndirectory: "\/w"\n/,
  );
  expect(page).toContain("\n## You\n");
  expect(page).toContain("\n#### Plan\n\nI **look**.\n");
  expect(page).toContain("<details>\n<summary>Thinking</summary>\n\nWhere is it?\n\n</details>");
  expect(page).toContain("**Bash** `npm test`");
  expect(page).toContain("````diff\n-old ``` fence\n+new\n````");
  expect(page).toContain(
    "<summary>Bash npm test: failed, 3 lines</summary>\n\n`````\nred\n````\nfour\n`````\n",
  );
  const compact = exported(directory, "--format", "md", "--detail", "compact");
  expect(compact).toContain("**Bash** `npm test`\n\n**Edit** `a.ts +1 −1`");
  expect(compact).not.toMatch(/Where is it|four|details>/);
  const prompts = exported(directory, "--format", "md", "--detail", "prompts");
  expect(prompts).toContain("Mend the login");
  expect(prompts).not.toMatch(/look|npm test/);
});

test("Markdown: no tag but details and summary, whatever was said; nothing swallows what follows", async () => {
  const directory = temporaryDirectory();
  const said = [Message.assistant(HOSTILE), Message.user(HOSTILE), Message.assistant("The end.")];
  const call = {
    role: "assistant",
    content: [{ type: "tool_use", id: "9", name: "<b>", input: { command: HOSTILE } }],
  };
  await save(directory, ...said, Message.from(call));
  for (const detail of ["full", "compact", "prompts"]) {
    const page = exported(directory, "--format", "md", "--detail", detail).replace(/^---\n[^]*?\n---\n/, "");
    const html: string[] = [];
    const walk = (tokens: ReturnType<InstanceType<typeof MarkdownIt>["parse"]>): void => {
      for (const { type, content, children } of tokens) {
        if (type === "html_block" || type === "html_inline")
          html.push(...(content.match(/<[a-z!/?][^>]*>?/gi) ?? []));
        if (children !== null) walk(children);
      }
    };
    walk(new MarkdownIt({ html: true }).parse(page, {}));
    expect(html.filter((tag) => !/^<\/?(details|summary)>$/.test(tag))).toEqual([]);
    expect(html.filter((tag) => tag === "<details>")).toHaveLength(
      html.filter((tag) => tag === "</details>").length,
    );
    if (detail !== "prompts") expect(new MarkdownIt().render(page)).toContain("<p>The end.</p>");
  }
  expect(exported(directory, "--format", "md")).toContain("`<kept>`");
});

/** The tags of a page, and the attributes of each. */
function tagsOf(html: string): string[] {
  return html.match(/<[^\s>]+[^>]*>/g) ?? [];
}

const ALLOWED =
  /^<\/?(?:html|head|meta|title|style|body|h[1-6]|dl|dt|dd|nav|details|summary|ol|ul|li|a|p|small|main|article|header|b|code|pre|span|strong|em|s|table|thead|tbody|tr|th|td|blockquote|br|hr|!doctype)(?:\s(?:lang|charset|http-equiv|content|name|href|rel|id|class|start)="[^"<>]*"| html)*\s*>$/;

test("HTML: one file that loads nothing and runs nothing, with its own policy", async () => {
  const directory = temporaryDirectory();
  await save(directory, Message.assistant(HOSTILE), Message.user(HOSTILE), Message.system(HOSTILE));
  for (const detail of ["full", "compact", "prompts"]) {
    const page = exported(directory, "--format", "html", "--detail", detail);
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
    expect(tagsOf(page.replace(style, "")).filter((tag) => !ALLOWED.test(tag))).toEqual([]);
    expect(page).not.toMatch(/href="(?!https:\/\/|#m\d)/);
    expect(style).not.toMatch(/url\(|@import/);
    expect(page).toContain("<title>Login &lt;b&gt;&amp;&lt;/b&gt;");
  }
  const page = exported(directory, "--format", "html");
  expect(page).toContain('<a href="https://evil.example/pixel.png" rel="noopener noreferrer">[image i]</a>');
  expect(page).toContain('<span class="plus">+ new</span>');
  // eslint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
});

test("--redact replaces secrets in every format, and says how many", async () => {
  const directory = temporaryDirectory();
  await save(directory);
  for (const format of ["md", "html", "json", "jsonl"]) {
    expect(exported(directory, "--format", format), format).toContain(TOKEN);
    const { code, out, err } = run(directory, "export", "aaaa", "--format", format, "--redact");
    expect([code, out.includes(TOKEN), out.includes("redacted:github-token")], format).toEqual([
      0,
      false,
      true,
    ]);
    expect(err).toMatch(/^1 secret replaced\. Only what has a known form is found/);
  }
  for (const wrong of [
    ["original", "--redact"],
    ["jsonl", "--detail", "compact"],
  ])
    expect(run(directory, "export", "aaaa", "--format", ...wrong)).toMatchObject({ code: 2, out: "" });
});

test("several sessions go into a directory, pages with a list of them", async () => {
  const [directory, to] = [temporaryDirectory(), join(temporaryDirectory(), "pages")];
  await save(directory);
  const other = new AgentSession({ messages: [Message.user("Other <i>")], workspacePath: "/w" });
  {
    await using store = new SessionStore(directory);
    await store.save(other);
  }
  expect(run(directory, "export", "aaaa", other.id, "--format", "html", "-o", to)).toMatchObject({
    code: 0,
    out: "",
  });
  expect(readdirSync(to).sort()).toEqual([`${ID}.html`, `${other.id}.html`, "index.html"].sort());
  const index = readFileSync(join(to, "index.html"), "utf8");
  expect(index).toContain(`<a href="${ID}.html">Login &lt;b&gt;`);
  expect(
    tagsOf(index.replace(/<style>[^]*?<\/style>/, "<style></style>")).filter((tag) => !ALLOWED.test(tag)),
  ).toEqual([]);
  const markdown = join(to, "md");
  expect(run(directory, "export", "--workspace", "/w", "--format", "md", "-o", markdown).code).toBe(0);
  expect(readFileSync(join(markdown, "index.md"), "utf8")).toContain(`](${other.id}.md)`);
  expect(run(directory, "export", "--all", "-o", join(to, "data")).code).toBe(0);
  expect(readdirSync(join(to, "data"))).toHaveLength(2);
  for (const wrong of [[], ["--all", "aaaa", "-o", to], ["--all"], ["aaaa", other.id]])
    expect(run(directory, "export", ...wrong), wrong.join(" ")).toMatchObject({ code: 2, out: "" });
});

test.runIf(hasTerminal())("on a terminal a person is asked before a file is replaced", async () => {
  const directory = temporaryDirectory();
  await save(directory);
  const file = join(temporaryDirectory(), "s.md");
  const ask = (answer: string): string =>
    inTerminal(
      { columns: 200, rows: 24, input: answer },
      directory,
      "export",
      "aaaa",
      "--format",
      "md",
      "-o",
      file,
    );
  ask("");
  const before = readFileSync(file, "utf8");
  {
    await using store = new SessionStore(directory);
    await store.append(ID, [Message.user("more")]);
  }
  expect(ask("n\n")).toContain("s.md is there already. Replace? [y/N]");
  expect(readFileSync(file, "utf8")).toBe(before);
  ask("y\n");
  expect(readFileSync(file, "utf8")).toContain("more");
});

const TRANSCRIPTS = join(import.meta.dirname, "../../../shared/transcripts");

test.skipIf(!existsSync(TRANSCRIPTS))("real sessions come back equal from json and jsonl", async () => {
  const [directory, to] = [temporaryDirectory(), temporaryDirectory()];
  expect(
    run(directory, "import", join(TRANSCRIPTS, "fixtures-scrubbed"), join(TRANSCRIPTS, "codex")).code,
  ).toBeLessThan(5);
  await using left = new SessionStore(directory);
  for (const format of ["json", "jsonl"]) {
    const [files, copy] = [join(to, format), temporaryDirectory()];
    expect(run(directory, "export", "--all", "--format", format, "-o", files).code).toBe(0);
    expect(runJson(copy, "import", files).json.failed).toEqual([]);
    await using right = new SessionStore(copy);
    for (const id of await left.list()) {
      const [original, again] = [await left.load(id), await right.load(id)];
      expect(again?.messages, id).toEqual(original?.messages);
      expect(again?.head(), id).toEqual(original?.head());
    }
  }
});
