/**
 * A package that astrid-sessions is compared with. They are installed beside the benchmark only, so nothing here
 * depends on their types: who uses one describes the part that it calls.
 * @throws when it is not installed, or has no binary for this platform.
 */
export async function importPeer(name: string): Promise<unknown> {
  return (await import(name)) as unknown;
}
