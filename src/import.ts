import "./runtime.ts";

export {
  importFile,
  ImportRun,
  type ImportedSession,
  type ImportOptions,
  type ImportOutcome,
  type ImportResult,
} from "./importers/import.ts";
export { detectFormat, type Detected } from "./importers/detect.ts";
export type { Problem } from "./importers/importer.ts";
