import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where a build puts the page. */
const BUILT = new URL("../../../dist/viewer/page/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The page was not built, or is not where it should be. */
export class PageMissingError extends Error {
  constructor(folder: string) {
    super(`The viewer's page is not in ${folder}: npm run build makes it.`);
    this.name = "PageMissingError";
  }
}

/**
 * The files of the page, by their names. They are read once and looked up by name: no path of a request ever reaches
 * the disk.
 * @throws {PageMissingError}
 */
export async function readPageFiles(folder = fileURLToPath(BUILT)): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const name of await namesIn(folder)) {
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (type !== undefined)
      files.set(name, { type, bytes: new Uint8Array(await readFile(`${folder}/${name}`)) });
  }
  if (!files.has("index.html")) throw new PageMissingError(folder);
  return files;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
