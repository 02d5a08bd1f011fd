import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import type { ComponentChild, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

const LANGUAGES = {
  ...{ bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, markdown },
  ...{ python, ruby, rust, sql, typescript, xml, yaml },
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** Longer code, and code in longer lines, which nobody wrote by hand, is shown in one colour. */
const LONGEST = 20_000;
const LONG_LINE = /[^\n]{1000}/;

/** Code, in colours where its language is said and known; they come when the page has nothing else to do. */
export function Code({ text, language }: { text: string; language: string }): VNode {
  const [coloured, setColoured] = useState<ComponentChild[] | undefined>();
  useEffect(() => {
    setColoured(undefined);
    if (text.length > LONGEST || LONG_LINE.test(text) || hljs.getLanguage(language) === undefined)
      return undefined;
    const waiting = requestIdleCallback(() => setColoured(colours(text, language)));
    return () => cancelIdleCallback(waiting);
  }, [text, language]);
  return (
    <pre class="code" tabIndex={0}>
      <code>{coloured ?? text}</code>
    </pre>
  );
}

/** A node of what highlight.js makes of a text, before it would become HTML. */
interface Coloured {
  readonly scope?: string;
  readonly children: readonly (Coloured | string)[];
}

function colours(text: string, language: string): ComponentChild[] {
  const { _emitter } = hljs.highlight(text, { language, ignoreIllegals: true });
  return (_emitter as unknown as { readonly root: Coloured }).root.children.map((node) => drawn(node, 0));
}

/** No program is nested deeper; hostile ones are. */
const DEEPEST = 40;

function drawn(node: Coloured | string, depth: number): ComponentChild {
  if (typeof node === "string") return node;
  if (depth === DEEPEST) return textOf(node);
  const scope = (node.scope ?? "").split(".")[0] ?? "";
  return (
    <span class={/^[\w-]+$/.test(scope) ? `hl-${scope}` : ""}>
      {node.children.map((child) => drawn(child, depth + 1))}
    </span>
  );
}

function textOf(node: Coloured): string {
  let text = "";
  const pending: (Coloured | string)[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "string") text += next;
    else pending.push(...next.children.toReversed());
  }
  return text;
}

const BY_NAME: Readonly<Record<string, string>> = {
  ...{
    ts: "typescript",
    tsx: "typescript",
    mts: "typescript",
    js: "javascript",
    mjs: "javascript",
    cjs: "javascript",
  },
  ...{
    jsx: "javascript",
    py: "python",
    rs: "rust",
    rb: "ruby",
    sh: "bash",
    yml: "yaml",
    h: "c",
    cc: "cpp",
    hpp: "cpp",
  },
  ...{ cs: "csharp", kt: "kotlin", md: "markdown", html: "xml", svg: "xml", toml: "ini" },
};

/** The language of a file, by its name's end. */
export function languageOf(path: string): string {
  const end = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return BY_NAME[end] ?? end;
}
