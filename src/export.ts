import "./runtime.ts";

export {
  EXPORT_FORMATS,
  exportFamily,
  exportSession,
  type ExportedSession,
  type ExportFormat,
  type ExportOptions,
} from "./exporters/export-session.ts";
