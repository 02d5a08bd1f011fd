/**
 * Whether a path can lead anywhere on this machine: not one of Windows (`C:\work`, `\\server\share`, `\\wsl$\Ubuntu\…`)
 * elsewhere, not one of Unix on Windows, and no address (`vscode-remote://…`). Such a path is compared as it was
 * written and never looked up: taken for a relative one, it would lead into whatever directory the process runs in.
 */
export function isOwnPath(path: string, platform: NodeJS.Platform = process.platform): boolean {
  if (ADDRESS.test(path)) return false;
  return platform === "win32" ? !OF_UNIX.test(path) : !OF_WINDOWS.test(path);
}

/** Two letters at least: one is a drive. */
const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;
const OF_WINDOWS = /^(?:[a-z]:(?:[\\/]|$)|\\\\)/i;
const OF_UNIX = /^\/(?!\/)/;
