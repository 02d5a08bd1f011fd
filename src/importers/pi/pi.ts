import type { Importer } from "../importer.ts";
import type { Beginning } from "../read/beginning.ts";
import { PiReader } from "./pi-reader.ts";

/** pi's sessions: a tree of entries, one on each line, behind a header. */
export const pi: Importer = {
  format: "pi",
  version: 1,
  shape: "lines",
  recognises: (beginning) => isTree(beginning) && !isOpenClaw(beginning),
  begin: (harvest) => new PiReader(harvest, "pi"),
};

/** OpenClaw's, in pi's form. */
export const openClaw: Importer = {
  format: "openclaw",
  version: 1,
  shape: "lines",
  recognises: (beginning) => isTree(beginning) && isOpenClaw(beginning),
  begin: (harvest) => new PiReader(harvest, "openclaw"),
};

function isTree({ records }: Beginning): boolean {
  const [first] = records;
  return (
    first?.["type"] === "session" && typeof first["id"] === "string" && typeof first["timestamp"] === "string"
  );
}

function isOpenClaw({ path, text }: Beginning): boolean {
  return /\/\.(?:openclaw|clawdbot|moltbot)/.test(path) || /"openclaw[.:-]/.test(text);
}
