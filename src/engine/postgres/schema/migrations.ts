import { readdir, readFile } from "node:fs/promises";
import { quoted } from "../statement.ts";

const SQL = new URL("../../../../sql/", import.meta.url);
const NUMBERED = /^(\d{4})-[a-z0-9-]+(\.optional|\.concurrent)?\.sql$/;

/**
 * How a step is made. `whole`: in one transaction. `optional`: the same, and passed over where the server does not know
 * what it asks for. `concurrent`: indexes, each by itself, while others read and write.
 */
type How = "whole" | "optional" | "concurrent";

/** One step towards the tables of this version. */
export interface Migration {
  readonly version: number;
  readonly how: How;
  readonly text: string;
}

let files: Promise<readonly Migration[]> | undefined;

/** All steps, in order, for one schema. */
export async function readMigrations(schema: string): Promise<Migration[]> {
  files ??= readFiles();
  return (await files).map((file) => ({ ...file, text: inSchema(file.text, schema) }));
}

async function readFiles(): Promise<readonly Migration[]> {
  const names = (await readdir(SQL)).filter((name) => NUMBERED.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => {
      const [, version, kind] = NUMBERED.exec(name) ?? [];
      const how = kind === ".optional" ? "optional" : kind === ".concurrent" ? "concurrent" : "whole";
      return { version: Number(version), how, text: await readFile(new URL(name, SQL), "utf8") };
    }),
  );
}

/** The files name their schema as psql's variables do, so that psql can run them too. */
function inSchema(text: string, schema: string): string {
  return text.replaceAll(':"schema"', () => quoted(schema));
}

/** The indexes of a concurrent step: each one's name and its statement. */
export function indexesIn(text: string): { readonly name: string; readonly statement: string }[] {
  return text
    .replaceAll(/^--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")
    .map((statement) => {
      const [, name] = /^create (?:unique )?index concurrently (\w+) on /.exec(statement) ?? [];
      if (name === undefined) throw new TypeError(`not an index that is made concurrently: ${statement}`);
      return { name, statement };
    });
}
