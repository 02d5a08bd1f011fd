import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { GlobalOptions } from "../context.ts";
import { usageError } from "../exit-code.ts";
import { Output } from "./output.ts";

/** Variables that say where agents and the store keep things; a service does not inherit them. */
const VARIABLES =
  /^(?:ASTRID_HOME|ASTRID_SESSIONS_STORE|CLAUDE_CONFIG_DIR|CODEX_HOME|GEMINI_CLI_HOME|PI_CODING_AGENT_(?:SESSION_)?DIR|OPENCLAW_STATE_DIR|COPILOT_HOME|QWEN_RUNTIME_DIR|KIMI_SHARE_DIR|CLINE_(?:SESSION_DATA_|DATA_)?DIR|XDG_DATA_HOME|OPENCODE_DB|GOOSE_PATH_ROOT|CRUSH_GLOBAL_DATA)$/;
const LABEL = "dev.astrid.sessions-sync";

/** Prints a start-up file that keeps `sync --watch` running. Nothing is installed. @throws {CommandError} */
export async function printService(command: Command, kind: string, from: readonly string[]): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const output = new Output(options.json ?? false);
  const place = options.store;
  // A URL is no path.
  const store =
    place === undefined ? [] : ["--store", /^[a-z][a-z0-9+.-]+:/i.test(place) ? place : resolve(place)];
  const further = from.flatMap((one) => ["--from", absolute(one)]);
  const program = realpathSync(process.argv[1] ?? "");
  const line = [process.execPath, program, ...store, "sync", "--watch", ...further];
  const env = Object.entries(process.env).filter(
    (entry): entry is [string, string] => VARIABLES.test(entry[0]) && (entry[1] ?? "") !== "",
  );
  if (kind === "systemd") await output.write(systemd(line, env));
  else if (kind === "launchd") await output.write(launchd(line, env));
  else throw usageError(`--service is systemd or launchd, not ${JSON.stringify(kind)}.`);
  output.note(
    kind === "systemd"
      ? 'Nothing was installed. Agree once with "sync --yes"; then save this as ~/.config/systemd/user/astrid-sessions.service and run "systemctl --user enable --now astrid-sessions".'
      : `Nothing was installed. Agree once with "sync --yes"; then save this as ~/Library/LaunchAgents/${LABEL}.plist and run "launchctl load" with it.`,
  );
}

function absolute(given: string): string {
  const at = given.indexOf("=");
  return at < 0 ? given : `${given.slice(0, at)}=${resolve(given.slice(at + 1))}`;
}

function systemd(line: readonly string[], env: readonly (readonly [string, string])[]): string {
  return `[Unit]
Description=Brings what AI agents record into astrid-sessions

[Service]
ExecStart=${line.map((word) => quoted(word).replaceAll("$", "$$$$")).join(" ")}
${env.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`).join("")}Restart=on-failure
RestartSec=60
Nice=10

[Install]
WantedBy=default.target
`;
}

/** A word of a unit file: quoted, with what systemd would replace doubled. */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return /^[A-Za-z0-9_@+=:,./-]+$/.test(word) ? word : `"${escaped}"`;
}

function launchd(line: readonly string[], env: readonly (readonly [string, string])[]): string {
  const strings = line.map((word) => `    <string>${xml(word)}</string>`).join("\n");
  const variables = env
    .map(([name, value]) => `    <key>${name}</key>\n    <string>${xml(value)}</string>\n`)
    .join("");
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${strings}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ProcessType</key>
  <string>Background</string>
</dict>
</plist>
`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
