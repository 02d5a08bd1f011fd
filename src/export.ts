import "./runtime.ts";

export {
  EXPORT_FORMATS,
  exportFamily,
  exportSession,
  type ExportedSession,
  type ExportFormat,
  type ExportOptions,
} from "./exporters/export-session.ts";
export { handoff, type Handoff, type HandoffOptions } from "./exporters/handoff/handoff.ts";
