import { join } from "node:path";
import type { Environment } from "../../home/astrid-home.ts";

const EXTENSION = "User/globalStorage/saoudrizwan.claude-dev/tasks";

/** Editors that the extension runs in, as their folders are called. */
const EDITORS = ["Code", "Code - Insiders", "Code - OSS", "VSCodium", "Cursor", "Windsurf"];

/** Where editors keep what is theirs, for the far end of a connection too: over SSH, in WSL, in a container. */
const SERVERS = [
  ".vscode-server/data",
  ".vscode-server-insiders/data",
  ".vscode-remote/data",
  ".vscodium-server/data",
  ".cursor-server/data",
  ".windsurf-server/data",
  ".local/share/code-server",
];

/**
 * The folders of tasks of Cline's editor extension. Each editor has its own; on Windows, and in WSL when it is handed
 * over, `APPDATA` names the place.
 */
export function clineTaskFolders(env: Environment, home: readonly string[]): string[] {
  const given = [env["XDG_CONFIG_HOME"], env["APPDATA"]].filter(
    (place) => place !== undefined && place !== "",
  );
  const places = [
    ...(given as string[]),
    ...home.flatMap((one) => [join(one, ".config"), join(one, "Library", "Application Support")]),
  ];
  return [
    ...places.flatMap((place) => EDITORS.map((editor) => join(place, editor, EXTENSION))),
    ...home.flatMap((one) => SERVERS.map((server) => join(one, server, EXTENSION))),
  ];
}
