// Writes what docs/cli.md says of commands, exit codes and JSON from where they are made: the commands' own options, the
// exit codes, the shapes. Also docs/cli.schema.json. With --check it changes nothing and fails where something differs
// (test/docs/cli-reference.test.ts).
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format } from "prettier";
import { EXIT_MEANINGS } from "../src/cli/exit-code.ts";
import { program } from "../src/cli/program.ts";
import { SHAPES, SHARED, wholeSchema } from "./cli-shapes.mjs";

const root = resolve(import.meta.dirname, "..");
const PAGE = join(root, "docs/cli.md");
const SCHEMA = join(root, "docs/cli.schema.json");

/** What is said of a command elsewhere. */
const MORE = {
  search: "[searching](#searching)",
  export: "[exporting](#exporting)",
  stats: "[statistics](#statistics)",
  workspaces: "[workspaces](#workspaces)",
  relink: "[workspaces](#workspaces)",
  "move-project": "[a project that has moved](importing.md#a-project-that-has-moved)",
  handoff: "[handing a session over](importing.md#handing-a-session-over)",
  view: "[viewer.md](viewer.md)",
  mcp: "[adapters/mcp.md](adapters/mcp.md)",
  sync: "[syncing](#syncing)",
  import: "[importing](#importing)",
  copy: "[copying](#copying)",
  restore: "[the trash](#the-trash)",
  trash: "[the trash](#the-trash)",
  rm: "[the trash](#the-trash)",
  cleanup: "[the trash](#the-trash)",
  doctor: "[checking](#checking)",
  vacuum: "[concepts](concepts.md#history-given-up)",
  redact: "[secrets](#secrets-in-a-session)",
  completion: "[completion](#completion)",
  health: "[operating-postgres.md](operating-postgres.md)",
  migrate: "[operating-postgres.md](operating-postgres.md)",
  expire: "[operating-postgres.md](operating-postgres.md)",
};

const written = {
  commands: await commands(),
  "exit-codes": table(
    ["code", "meaning"],
    EXIT_MEANINGS.map(([code, meaning]) => [`${code}`, cell(meaning)]),
  ),
  json: table(
    ["command", "document"],
    Object.entries(SHAPES).map(([name, shape]) => [nameOf(name), `\`${cell(shape)}\``]),
  ),
  shared: table(
    ["name", "is"],
    Object.entries(SHARED).map(([name, shape]) => [`\`${name}\``, `\`${cell(shape)}\``]),
  ),
};

let page = readFileSync(PAGE, "utf8");
for (const [name, text] of Object.entries(written)) {
  const place = new RegExp(`(<!-- ${name}: npm run docs:cli -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`docs/cli.md has no place for ${name}`);
  page = page.replace(place, (_, before, after) => `${before}\n${text}\n\n${after}`);
}
const options = JSON.parse(readFileSync(join(root, ".prettierrc.json"), "utf8"));
const files = [
  [PAGE, await format(page, { ...options, parser: "markdown" })],
  [SCHEMA, await format(JSON.stringify(wholeSchema()), { ...options, parser: "json" })],
];
for (const [path, text] of files) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is not what the commands say: npm run docs:cli`);
    process.exitCode = 1;
  }
}

async function commands() {
  const all = (await program([])).commands.filter((command) => command.helpGroup() !== "");
  const groups = Map.groupBy(all, (command) => command.helpGroup());
  return [...groups]
    .map(([title, group]) => `**${title.replace(/:$/, "")}**\n\n${tableOf(group)}`)
    .join("\n\n");
}

function tableOf(group) {
  const rows = group.flatMap((command) => [
    rowOf(command, ""),
    ...command
      .createHelp()
      .visibleCommands(command)
      .filter((one) => one.name() !== "help")
      .map((one) => rowOf(one, `${command.name()} `)),
  ]);
  return table(["command", "what it does", "options"], rows);
}

function rowOf(command, before) {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? "…" : "");
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  const also = command.aliases().map((alias) => ` (\`${alias}\`)`);
  const more = MORE[command.name()] === undefined || before !== "" ? "" : `; ${MORE[command.name()]}`;
  const flags = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags }) => `\`${cell(flags.replace(", ", " "))}\``);
  return [
    `\`${before}${command.name()}${args.join("")}\`${also.join("")}`,
    cell(command.description()) + more,
    flags.join(", "),
  ];
}

function nameOf(name) {
  const [, command, rest = ""] = /^([^(]*?)(?: (\(.*\)))?$/.exec(name) ?? [];
  return name.startsWith("an error") ? name : `\`${command}\`${rest === "" ? "" : ` ${rest}`}`;
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
