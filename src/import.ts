import "./runtime.ts";

export {
  importFile,
  ImportRun,
  type ImportedSession,
  type ImportOptions,
  type ImportOutcome,
  type ImportResult,
} from "./importers/import.ts";
export { detectFormat, type DetectedFormat } from "./importers/detect-format.ts";
export type { Problem } from "./importers/problem.ts";
