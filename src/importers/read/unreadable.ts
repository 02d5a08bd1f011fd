/** Why a path cannot be read, as a phrase. */
export function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file or directory";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ELOOP") return "its symbolic links go round in circles";
  if (code === "EMFILE" || code === "ENFILE") return "the process has too many files open";
  return `it cannot be read (${code ?? String(error)})`;
}
