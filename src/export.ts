import "./runtime.ts";

export { EXPORT_FORMATS, exportSession, type ExportFormat } from "./exporters/export-session.ts";
