/**
 * Closes a file. What was written to it has been synced, or its failure told, before; that a system cannot close a
 * descriptor in order changes nothing of that, and there is nothing that anyone could do.
 */
export function letGo(file: { close(): void } | undefined): void {
  try {
    file?.close();
  } catch {
    // The descriptor is gone all the same.
  }
}
