import "./runtime.ts";

export {
  EXPORT_FORMATS,
  exportFamily,
  exportSession,
  type ExportedSession,
  type ExportFormat,
} from "./exporters/export-session.ts";
