export { acpSessions, type AcpSessions } from "./acp-sessions.ts";
